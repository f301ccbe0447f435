import { expect, test } from "vitest";
import { loginError } from "./login-errors";

test("known words get their sentence, unknown ones a general one, none nothing", () => {
  expect(loginError("suspended")).toContain("suspended");
  expect(loginError("<b>x</b>")).toBe("Signing in did not work. Try again.");
  expect(loginError(undefined)).toBeUndefined();
});
