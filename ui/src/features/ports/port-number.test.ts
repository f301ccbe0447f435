import { expect, test } from "vitest";
import { readPort } from "./port-number";

test.each([
  ["1024", 1024],
  ["65535", 65_535],
  [" 5173 ", 5173],
  ["03000", 3000],
])("%j is a port", (typed, port) => expect(readPort(typed, [])).toEqual({ port }));

test.each(["", " ", "0", "1023", "65536", "99999", "100000", "-3000", "3000.5", "3e3", "0x1000", "three", "30 00", "٣٠٠٠"])("%j is none", (typed) =>
  expect(readPort(typed, [])).toEqual({ error: "Enter a number from 1024 to 65535." }),
);

test.each(["3001", "8080"])("%s is the workspace's own", (typed) => expect(readPort(typed, []).error).toMatch("the workspace's own"));

test("what is on the list already is not added again", () => {
  expect(readPort("3000", [3000]).error).toMatch("on the list already");
  expect(readPort("3002", [3000])).toEqual({ port: 3002 });
});
