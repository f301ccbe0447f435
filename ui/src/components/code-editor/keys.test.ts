import { expect, test } from "vitest";
import { apply, breakLine, type Edit, indent, offsetOf, outdent } from "./keys";

/** Text with the selection marked by [ and ]. */
function pressed(edit: (text: string, start: number, end: number) => Edit, marked: string): string {
  const field = document.createElement("textarea");
  document.body.append(field);
  const start = marked.indexOf("[");
  const end = marked.indexOf("]") - 1;
  field.value = marked.replace(/[[\]]/g, "");
  apply(field, edit(field.value, start, end));
  const { value, selectionStart, selectionEnd } = field;
  field.remove();
  return `${value.slice(0, selectionStart)}[${value.slice(selectionStart, selectionEnd)}]${value.slice(selectionEnd)}`;
}

test.each([
  ["a[]b", "a  []b"],
  ["a[x]b", "a  []b"],
  ["one\nt[wo\nth]ree\nfour", "one\n  t[wo\n  th]ree\nfour"],
  ["[one\n]two", "[  one\n]two".replace("[  ", "  [")],
])("Tab: %j", (before, after) => expect(pressed(indent, before)).toBe(after));

test.each([
  ["    a[]", "  a[]"],
  [" a[]", "a[]"],
  ["a[]", "a[]"],
  ["\ta[]", "a[]"],
  ["  o[ne\n    two\nthr]ee", "o[ne\n  two\nthr]ee"],
])("Shift and Tab: %j", (before, after) => expect(pressed(outdent, before)).toBe(after));

test.each([
  ["  a[]b", "  a\n  []b"],
  ["  a = {[]", "  a = {\n    []"],
  ["a[bc]d", "a\n[]d"],
  ["[]", "\n[]"],
])("Enter: %j", (before, after) => expect(pressed(breakLine, before)).toBe(after));

test.each([
  [1, 1, 0],
  [2, 3, 5],
  [2, 99, 6],
  [9, 1, 7],
  [0, 0, 0],
])("line %d, column %d is at %d", (line, column, want) => expect(offsetOf("ab\ncde\n", line, column)).toBe(want));
