import { expect, test } from "vitest";
import { beginOf, endOf } from "./day-bounds";

test("a day has a first moment and one after it", () => {
  expect(beginOf("2026-11-26")).toBe(new Date(2026, 10, 26).toISOString());
  expect(endOf("2026-11-26")).toBe(new Date(2026, 10, 27).toISOString());
  expect(endOf("2026-12-31")).toBe(new Date(2027, 0, 1).toISOString());
});

test.each([undefined, "", "yesterday", "2026-02-30", "2026-13-01", "0020-11-26", "2026-11-26T10:00"])("%j is no day", (text) => {
  expect(beginOf(text)).toBeUndefined();
  expect(endOf(text)).toBeUndefined();
});
