import { expect, test } from "vitest";
import { nowhereElse } from "./git-text";

test.each([
  [0, 0, ""],
  [1, 0, "1 file changed"],
  [0, 2, "2 commits not pushed"],
  [2, 1, "2 files changed and 1 commit not pushed"],
])("%i files, %i commits", (changed, unpushed, want) => {
  expect(nowhereElse({ changed, unpushed })).toBe(want);
});
