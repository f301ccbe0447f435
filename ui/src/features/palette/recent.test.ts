import { afterEach, expect, test } from "vitest";
import { readRecent, remember } from "./recent";

afterEach(() => localStorage.clear());

test("the newest comes first, each once, five at most", () => {
  for (const id of ["a", "b", "c", "a", "d", "e", "f"]) remember(id);
  expect(readRecent()).toEqual(["f", "e", "d", "a", "c"]);
});

test.each(["{", '"a"', "[1,null]", "null"])("what is no list of ids is nothing: %s", (stored) => {
  localStorage.setItem("kalpana-recent-commands", stored);
  expect(readRecent()).toEqual([]);
});
