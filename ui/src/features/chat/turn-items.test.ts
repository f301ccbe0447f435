import { expect, test } from "vitest";
import { dataOf, pendingCalls, readsTitle, turnItems } from "./turn-items";
import type { ChatMessage, ToolPart } from "./types";

const call = (tool: string, id: string, state: ToolPart["state"] = "output-available") => ({ type: `tool-${tool}`, toolCallId: id, state, input: {} }) as unknown as ChatMessage["parts"][number];
const message = (...parts: unknown[]) => ({ id: "m", role: "assistant", parts }) as ChatMessage;
const kinds = (m: ChatMessage) => turnItems(m).map((item) => (item.kind === "reads" ? `reads ${item.parts.length}` : item.kind));

test("reads in a row are one item, over steps too; anything between parts them", () => {
  const parts = [call("readFile", "1"), { type: "step-start" }, call("searchCode", "2"), { type: "text", text: "so" }, call("listFiles", "3"), call("editFile", "4"), call("readFile", "5")];
  expect(kinds(message(...parts))).toEqual(["reads 2", "text", "reads 1", "tool", "reads 1"]);
});

test("a read that asks stands by itself: it must be seen", () => {
  expect(kinds(message(call("readFile", "1"), call("readFile", "2", "approval-requested"), call("readFile", "3")))).toEqual(["reads 1", "tool", "reads 1"]);
});

test("thoughts of several steps are one, and empty parts are none", () => {
  const m = message({ type: "reasoning", text: "a" }, { type: "step-start" }, { type: "reasoning", text: "b", state: "streaming" }, { type: "text", text: " \n" }, { type: "text", text: "x" });
  expect(turnItems(m)).toMatchObject([{ kind: "reasoning", text: "a\n\nb", streaming: true }, { kind: "text", text: "x" }]);
});

test("the plan's calls are left out only where the plan is shown, and failures are not", () => {
  const plan = { type: "data-plan", id: "plan", data: { items: [] } };
  expect(kinds(message(call("updatePlan", "1")))).toEqual(["tool"]);
  expect(kinds(message(plan, call("updatePlan", "1"), call("updatePlan", "2", "output-error")))).toEqual(["tool"]);
});

test("what was changed comes last, whatever comes after it", () => {
  const files = [{ path: "a", added: 1, removed: 0, status: "added" }];
  expect(kinds(message({ type: "data-diff", id: "turn", data: { files, added: 1, removed: 0, checkpoint: "c" } }, { type: "text", text: "x" }))).toEqual(["text", "changes"]);
  expect(kinds(message({ type: "data-diff", id: "turn", data: { files: [] } }))).toEqual([]);
});

test("parts that are not known draw nothing", () => {
  expect(kinds(message({ type: "custom", kind: "x" }, { type: "data-new", id: "1", data: 7 }, { type: "tool-x" }))).toEqual([]);
});

test.each([
  [["readFile"], "Read 1 file"],
  [["readFile", "readFile", "listFiles"], "Read 2 files, listed 1 folder"],
  [["searchCode"], "Searched once"],
  [["findFiles", "searchCode", "searchCode"], "Searched 3 times"],
])("%s are titled %s", (tools, title) => {
  expect(readsTitle(tools.map((tool, n) => call(tool, String(n)) as unknown as ToolPart))).toBe(title);
});

test("kept data is the last of its kind; calls that wait are the assistant's only", () => {
  const m = message({ type: "data-plan", id: "a", data: { items: [1] } }, { type: "data-plan", id: "b", data: { items: [2] } }, call("runCommand", "1", "approval-requested"));
  expect(dataOf(m, "plan")).toEqual({ items: [2] });
  expect(dataOf(m, "usage")).toBeUndefined();
  expect(pendingCalls(m).map((p) => p.toolCallId)).toEqual(["1"]);
  expect(pendingCalls({ ...m, role: "user" })).toEqual([]);
  expect(pendingCalls(undefined)).toEqual([]);
});
