import { afterEach, expect, test, vi } from "vitest";
import { readDraft, writeDraft } from "./drafts";

afterEach(() => sessionStorage.clear());
test("are kept by chat, and an empty or giant one is not", () => {
  writeDraft("a", "text");
  writeDraft("b", "x".repeat(200_000));
  expect([readDraft("a"), readDraft("b"), readDraft("c")]).toEqual(["text", "", ""]);
  writeDraft("a", "");
  expect(sessionStorage.length).toBe(0);
});
test("do not need storage", () => {
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(() => writeDraft("a", "text")).not.toThrow();
});
