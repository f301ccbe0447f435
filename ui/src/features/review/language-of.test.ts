import { expect, test } from "vitest";
import { languageOf } from "./language-of";

test.each([
  ["src/main.ts", "typescript"],
  ["a.b/README", ""],
  ["go/main.GO", "go"],
  ["Makefile", ""],
  ["x.constructor", ""],
  ["index.html", "xml"],
  [".bashrc", ""],
  ["archive.tar.gz", ""],
])("%s", (path, language) => expect(languageOf(path)).toBe(language));
