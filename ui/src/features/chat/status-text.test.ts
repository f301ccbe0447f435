import { expect, test } from "vitest";
import { statusText } from "./status-text";
import type { ChatMessage } from "./types";

const state = { busy: true, stopping: false };
const answer = (...parts: unknown[]) => ({ id: "m", role: "assistant", parts }) as ChatMessage;
test.each([
  ["the connection first", { ...state, lost: { until: 1 }, stopping: true }, undefined, /^Connection lost/],
  ["stopping", { ...state, stopping: true }, undefined, /^Stopping/],
  ["what the server says", { ...state, status: { kind: "tool" as const, text: "npm test" } }, answer({ type: "text", text: "x", state: "streaming" }), /^npm test$/],
  ["waiting", state, answer({ type: "tool-x", toolCallId: "1", state: "approval-requested" }, { type: "text", state: "streaming", text: "" }), /^Waiting for you/],
  ["thinking", state, answer({ type: "reasoning", text: "x", state: "streaming" }), /^Thinking/],
  ["writing", state, answer({ type: "text", text: "x", state: "streaming" }), /^Writing/],
  ["nothing yet", state, { id: "u", role: "user", parts: [] } as ChatMessage, /^Working/],
])("says %s", (_, live, last, words) => expect(statusText(live, last)).toMatch(words));
