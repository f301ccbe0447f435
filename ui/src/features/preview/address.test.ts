import { expect, test } from "vitest";
import { addressOf, readAddress } from "./address";

const editor = "https://abcdefghij12.ws.localhost:8443/";

test.each([
  ["/", "https://3000-abcdefghij12.ws.localhost:8443/"],
  ["/a b?x=1?y#z#w", "https://3000-abcdefghij12.ws.localhost:8443/a%20b?x=1?y#z#w"],
  ["?x", "https://3000-abcdefghij12.ws.localhost:8443/?x"],
  ["//evil.example/x", "https://3000-abcdefghij12.ws.localhost:8443/evil.example/x"],
  ["/\\evil.example", "https://3000-abcdefghij12.ws.localhost:8443/evil.example"],
  ["/@evil.example", "https://3000-abcdefghij12.ws.localhost:8443/@evil.example"],
  ["javascript:alert(1)", "https://3000-abcdefghij12.ws.localhost:8443/javascript:alert(1)"],
])("the path %j is at %s", (path, address) => {
  expect(addressOf(editor, { port: 3000, path })).toBe(address);
});

test.each<[string, number, string]>([
  ["", 3000, "/"],
  ["  /docs?x#y ", 3000, "/docs?x#y"],
  ["docs", 3000, "/docs"],
  ["localhost:5173", 5173, "/"],
  ["http://localhost:5173/a?b", 5173, "/a?b"],
  ["https://127.0.0.1/a", 3000, "/a"],
  ["http://[::1]:8000/", 8000, "/"],
  [":8000/x", 8000, "/x"],
  ["localhost:8000?x", 8000, "/?x"],
  ["https://5173-abcdefghij12.ws.localhost:8443/deep/er?q#h", 5173, "/deep/er?q#h"],
])("%j is port %i and %j", (typed, port, path) => {
  expect(readAddress(typed, editor, 3000)).toEqual({ port, path });
});

test.each([
  "https://example.com/",
  "https://5173-abcdefghij12.ws.localhost/", // another port of the gateway
  "https://5173-zzzzzzzzzzzz.ws.localhost:8443/",
  "https://abcdefghij12.ws.localhost:8443/",
  "javascript:alert(1)",
  "localhost:99999",
  ":0",
  "x".repeat(2001),
])("%s is none of this workspace", (typed) => {
  expect(readAddress(typed, editor, 3000)).toBeTypeOf("string");
});
