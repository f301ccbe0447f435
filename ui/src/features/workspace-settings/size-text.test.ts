import { expect, test } from "vitest";
import { coresText, gibText, readCores, readGib } from "./size-text";

test.each([
  ["2", 2 * 2 ** 30],
  ["0.5", 2 ** 29],
  ["0,25", 2 ** 28],
  [" 1.5 ", 1.5 * 2 ** 30],
  ["0", undefined],
  ["-1", undefined],
  ["", undefined],
  ["2 GiB", undefined],
  ["1e3", undefined],
])("%j GiB", (text, bytes) => expect(readGib(text)).toBe(bytes));

test.each([
  ["1", 1e9],
  ["0.5", 5e8],
  ["0,25", 25e7],
  ["none", undefined],
])("%j cores", (text, nano) => expect(readCores(text)).toBe(nano));

test("what a field shows is read as the same size again", () => {
  for (const bytes of [256 * 2 ** 20, 2 ** 30, 3 * 2 ** 29, 64 * 2 ** 30]) expect(readGib(gibText(bytes))).toBe(bytes);
  for (const nano of [5e8, 1e9, 25e8, 16e9]) expect(readCores(coresText(nano))).toBe(nano);
});
