import { expect, test } from "vitest";
import { rowAfter } from "./table-keys";

test.each([
  ["ArrowDown", 0, 1],
  ["ArrowUp", 5, 4],
  ["ArrowUp", 0, undefined],
  ["ArrowDown", 99, undefined],
  ["PageDown", 95, 99],
  ["PageUp", 12, 2],
  ["Home", 50, 0],
  ["End", 50, 99],
  ["Enter", 50, undefined],
])("%s from row %i of 100", (key, from, to) => {
  expect(rowAfter(key, from, 100)).toBe(to);
});
