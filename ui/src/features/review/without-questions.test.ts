import { expect, test } from "vitest";
import type { ChatMessage } from "@/features/chat/types";
import { isAsking, withoutQuestions } from "./without-questions";

const text: ChatMessage = { id: "m1", role: "assistant", parts: [{ type: "text", text: "Hello" }] };
const asking = {
  id: "m2",
  role: "assistant",
  parts: [
    { type: "text", text: "May I?" },
    { type: "tool-runCommand", toolCallId: "c1", state: "approval-requested", input: { command: "rm -r build" }, approval: { id: "a1" } },
  ],
} as unknown as ChatMessage;

test("a call that waits keeps its input and loses its question", () => {
  const [first, second] = withoutQuestions([text, asking]);
  expect(first).toBe(text);
  expect(second?.parts[0]).toBe(asking.parts[0]);
  expect(second?.parts[1]).toMatchObject({ state: "approval-requested", input: { command: "rm -r build" }, approval: undefined });
});

test("somebody is asked by the last message alone", () => {
  expect(isAsking([text, asking])).toBe(true);
  expect(isAsking([asking, text])).toBe(false);
  expect(isAsking([])).toBe(false);
});
