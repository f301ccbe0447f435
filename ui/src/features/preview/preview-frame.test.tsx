import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { PreviewFrame } from "./preview-frame";

test("what a program shows can neither read the clipboard nor lead the page away", () => {
  const frame = renderToStaticMarkup(<PreviewFrame title="Port 3000" src="https://3000-a.test/" device="full" onLoad={() => undefined} />);
  expect(frame).toMatch(/<iframe[^>]* sandbox="allow-scripts /);
  expect(frame).not.toMatch(/clipboard-read|top-navigation/);
});
