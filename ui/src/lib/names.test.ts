import { expect, test } from "vitest";
import { suggestName } from "./names";

test("a name is two words", () => {
  expect(suggestName([])).toMatch(/^[a-z]+-[a-z]+$/);
});

test("a name that is taken gets a number", () => {
  const first = suggestName([], () => 0);
  expect(suggestName([first], () => 0)).toBe(`${first}-2`);
  expect(suggestName([first, `${first}-2`], () => 0)).toBe(`${first}-3`);
});
