import { expect, test } from "vitest";
import { readLimit } from "./limits";

const count = { whole: true, most: 1000 };
const money = { whole: false, most: 10_000 };

test.each([
  ["", count, null],
  ["  ", money, null],
  ["0", count, 0],
  ["12", count, 12],
  [" 7 ", count, 7],
  ["1000", count, 1000],
  ["1001", count, undefined],
  ["1.5", count, undefined],
  ["-1", count, undefined],
  ["1e3", count, undefined],
  ["2.50", money, 2.5],
  ["2,5", money, 2.5],
  ["2.555", money, undefined],
  ["1,000.00", money, undefined],
  ["ten", money, undefined],
] as const)("%j is read", (text, kind, value) => {
  expect(readLimit(text, kind)).toBe(value);
});
