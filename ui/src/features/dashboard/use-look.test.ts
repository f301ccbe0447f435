import { expect, test } from "vitest";
import { readLook } from "./use-look";

const usual = { view: "cards", sort: { by: "createdAt", descending: true } };

test.each([
  [null, usual],
  ["{", usual],
  ["7", usual],
  ['{"view":"tiles","sort":{"by":3}}', usual],
  ['{"view":"table"}', { ...usual, view: "table" }],
  ['{"view":"table","sort":{"by":"name","descending":false,"x":1}}', { view: "table", sort: { by: "name", descending: false } }],
])("%s", (text, want) => {
  expect(readLook(text)).toEqual(want);
});
