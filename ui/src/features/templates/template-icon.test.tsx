import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { iconNames, TemplateIcon } from "./template-icon";

test.each([...iconNames, "blank", "", "nonesuch", "constructor", "toString", "__proto__"])("%j is a picture", (icon) => {
  expect(render(<TemplateIcon icon={icon} />).container.querySelectorAll("svg")).toHaveLength(1);
});

test("languages are known by their letters", () => {
  expect(render(<TemplateIcon icon="cpp" />).container.textContent).toBe("C++");
});
