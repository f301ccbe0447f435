import { expect, test } from "vitest";
import { bodyText } from "./body-text";

test.each([
  [{ text: '{"a":[1]}', truncated: false }, '{\n  "a": [\n    1\n  ]\n}'],
  [{ text: '{"a":[1', truncated: true }, '{"a":[1'],
  [{ text: "{no json", truncated: false }, "{no json"],
  [{ text: "42", truncated: false }, "42"],
  [{ text: "", truncated: false }, ""],
  [{ base64: "AAEC", truncated: false }, undefined],
])("%j reads %j", (body, text) => expect(bodyText({ bytes: 9, ...body })).toBe(text));
