import { expect, test } from "vitest";
import { jsonLines, lineOf, readPath } from "./json-lines";

const text = `{
  "packages": ["a",
    "b"],
  "ports": [
    { "port": 1 },
    {
      "port": 2,
      "label": "{\\"x\\": ["
    }
  ],
  "files": {
    "a/b.txt": "one\\ntwo",
    "c": ""
  }
}`;

test.each([
  ["packages", 2],
  ["packages[0]", 2],
  ["packages[1]", 3],
  ["ports[0].port", 5],
  ["ports[1]", 6],
  ["ports[1].port", 7],
  ["ports[1].label", 8],
  ["ports[1].missing", 6],
  ["ports[7]", 4],
  ['files["a/b.txt"]', 12],
  ["files.c", 13],
  ["nothing", 0],
  ["", 0],
])("%s is at line %d", (field, line) => expect(lineOf(jsonLines(text), readPath(field))).toBe(line));

test.each(["", "{", "]", '{"a":', '{"a" "b"}', "[[[[", '{"a": {"b": [', "}}}}", '"', '{"\\u12": 1}'])("text that is no JSON does not matter: %j", (broken) => {
  expect(() => jsonLines(broken)).not.toThrow();
});

test("paths", () => {
  expect(readPath('body.definition.files["a.b[0]\\"c"]')).toEqual(["body", "definition", "files", 'a.b[0]"c']);
  expect(readPath("ports[10].port")).toEqual(["ports", 10, "port"]);
});
