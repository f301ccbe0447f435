import { expect, test } from "vitest";
import { connectError } from "./github-errors";

test.each(["denied", "other_account", "account_taken", "private_disabled", "provider_error", "failed"])("%s has a sentence of its own", (code) => {
  expect(connectError(code)).toMatch(/\.$/);
  expect(connectError(code)).not.toBe(connectError("<b>x</b>"));
});

test("an unknown word gets a general sentence, none nothing", () => {
  expect(connectError("<b>x</b>")).toBe("Connecting GitHub did not work. Try again.");
  expect(connectError(undefined)).toBeUndefined();
  expect(connectError("constructor")).toBe("Connecting GitHub did not work. Try again.");
});
