import { expect, test } from "vitest";
import { isAllowed } from "./modes";

test("a mode beyond the cap is not allowed; without a cap all are", () => {
  expect(["plan", "ask", "autoEdit", "auto"].filter((m) => isAllowed(m as "ask", "autoEdit"))).toEqual(["plan", "ask", "autoEdit"]);
  expect(isAllowed("auto", undefined)).toBe(true);
});
