import { expect, test } from "vitest";
import { capped, isAllowed } from "./modes";

test("a mode beyond the cap is not allowed; without a cap all are", () => {
  expect(["plan", "ask", "autoEdit", "auto"].filter((m) => isAllowed(m as "ask", "autoEdit"))).toEqual(["plan", "ask", "autoEdit"]);
  expect(isAllowed("auto", undefined)).toBe(true);
});

test.each([["auto", "ask", "ask"], ["plan", "ask", "plan"], ["auto", "auto", "auto"], ["auto", undefined, "auto"]] as const)("%s under %s is %s", (mode, cap, want) => expect(capped(mode, cap)).toBe(want));
