import { expect, test } from "vitest";
import { emptyDefinition, NotADefinition, readDefinition, same } from "./definition";

test("what is left out is empty", () => {
  expect(readDefinition("{}")).toEqual(emptyDefinition);
  expect(readDefinition('{"ports": [{"port": 3000}], "setup": "npm ci"}')).toEqual({
    ...emptyDefinition,
    ports: [{ port: 3000, label: "", visibility: "owner", open: false }],
    setup: "npm ci",
  });
});

test("what was written is read again", () => {
  const whole = { ...emptyDefinition, files: { "a b": "c" }, variables: [{ name: "A", description: "", value: "1", secret: false, required: true }] };
  expect(readDefinition(JSON.stringify(whole))).toEqual(whole);
});

test.each([
  ["[]", ""],
  ["null", ""],
  ['{"nope": 1}', "nope"],
  ['{"constructor": 1}', "constructor"],
  ['{"__proto__": {}}', "__proto__"],
  ['{"tasks": [{"toString": ""}]}', "tasks[0].toString"],
  ['{"packages": "a"}', "packages"],
  ['{"packages": [1]}', "packages"],
  ['{"ports": [{"port": "80"}]}', "ports[0].port"],
  ['{"ports": [{"port": 80, "x": 1}]}', "ports[0].x"],
  ['{"tasks": ["a"]}', "tasks[0]"],
  ['{"files": {"a": 1}}', "files"],
  ['{"files": []}', "files"],
  ['{"flake": null, "setup": 1}', "setup"],
])("%s is no definition, because of %j", (text, field) => {
  let fault: unknown;
  try {
    readDefinition(text);
  } catch (error) {
    fault = error;
  }
  expect(fault).toBeInstanceOf(NotADefinition);
  expect(fault).toMatchObject({ field });
});

test("text that is not JSON tells the line where the browser does", () => {
  expect(() => readDefinition('{\n  "a": 1,\n  x\n}')).toThrow(expect.objectContaining({ message: "This is not JSON.", line: 3 }));
  expect(() => readDefinition('{\n  "a": 1')).toThrow(expect.objectContaining({ line: 2 }));
  expect(() => readDefinition("")).toThrow(NotADefinition);
});

test("the order of fields says nothing, that of a list does", () => {
  expect(same({ a: 1, b: { c: [1, 2], d: "" } }, { b: { d: "", c: [1, 2] }, a: 1 })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({ a: undefined }, { a: null })).toBe(false);
  expect(same(undefined, {})).toBe(false);
});
