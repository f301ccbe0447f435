import { expect, test } from "vitest";
import { isPage, returnPath } from "./return-path";

test.each(["/", "/settings", "/w/abcdefghij12", "/w/a?x=1&y=//z#h", "/auth/ticket?host=a&path=%2F", "/authors", "/login-help"])("%s is kept", (path) =>
  expect(returnPath(path)).toBe(path),
);

test.each([
  undefined, "", "settings", "https://evil.example/", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "/\n/evil.example",
  "/.//evil.example", "/..//evil.example", "/%2e%2e/x", "/a/./b", "javascript:alert(1)", "/a//b", "/ä", "/login", "/login?return=/login", "/signup",
  "/auth/github", "/auth/github?return=/", ` /settings`, `/${"a".repeat(9000)}`,
])("%s is not", (path) => expect(returnPath(path)).toBe("/"));

test("what the server answers is no page of the application", () => {
  expect(["/auth/ticket?x=1", "/api", "/api/v1/me"].map(isPage)).toEqual([false, false, false]);
  expect(["/", "/settings", "/authors", "/apiary"].map(isPage)).toEqual([true, true, true, true]);
});
