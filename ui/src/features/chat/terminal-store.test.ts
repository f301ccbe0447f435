import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { addTerminal, clearTerminals, terminalLimit, useTerminal } from "./terminal-store";

afterEach(clearTerminals);
const shown = (id: string) => renderHook(() => useTerminal(id));
test("grows in order, ignores pieces that came before and what is none", () => {
  const { result } = shown("c");
  act(() => {
    for (const data of [{ toolCallId: "c", seq: 1, text: "a" }, { toolCallId: "c", seq: 2, text: "b" }, { toolCallId: "c", seq: 1, text: "a" }, null, 7, { toolCallId: "c", seq: "3", text: "x" }]) addTerminal(data);
  });
  expect(result.current).toBe("ab");
  expect(shown("other").result.current).toBe("");
});
test("is bounded, and a new stream begins anew", () => {
  const { result } = shown("c");
  act(() => addTerminal({ toolCallId: "c", seq: 1, text: `${"x".repeat(terminalLimit)}end` }));
  expect([result.current.length, result.current.endsWith("end")]).toEqual([terminalLimit, true]);
  act(() => {
    clearTerminals();
    addTerminal({ toolCallId: "c", seq: 1, text: "again" });
  });
  expect(result.current).toBe("again");
});
