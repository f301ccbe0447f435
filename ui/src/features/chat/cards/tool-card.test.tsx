import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import type { ChatActions } from "../chat-context";
import { addTerminal } from "../terminal-store";
import type { ToolPart } from "../types";
import { Stage } from "./stage";
import { ToolCard } from "./tool-card";

const part = (tool: string, changes: Partial<Record<keyof ToolPart, unknown>> = {}) =>
  ({ type: `tool-${tool}`, toolCallId: "call1", state: "output-available", input: {}, output: {}, ...changes }) as ToolPart;

const show = (shown: ToolPart, actions: Partial<ChatActions> = {}) =>
  render(
    <Stage actions={actions}>
      <ToolCard part={shown} />
    </Stage>,
  );
const open = () => userEvent.click(screen.getAllByRole("button", { expanded: false })[0] as HTMLElement);

const tools = [
  "listFiles", "findFiles", "searchCode", "readFile", "writeFile", "editFile", "moveFile", "deleteFile", "runCommand", "readProcess", "writeProcess", "stopProcess",
  "previewPort", "gitStatus", "gitDiff", "gitCommit", "updatePlan", "askUser", "someOtherTool", "constructor", "__proto__", "",
];
const keys = [
  "path", "content", "text", "entries", "omitted", "paths", "truncated", "pattern", "query", "matches", "line", "neighbour", "startLine", "endLine", "totalLines", "mediaType", "size", "created", "added",
  "removed", "diff", "diffTruncated", "edits", "newText", "from", "to", "count", "command", "cwd", "description", "processId", "running", "exitCode", "signal", "output", "omittedBytes", "durationMs",
  "ports", "port", "input", "url", "status", "title", "branch", "ahead", "behind", "files", "index", "worktree", "oldPath", "staged", "base", "message", "hash", "items", "question", "options", "answer",
  "kind", "choices", "rules", "scope", "reason", "risk", "expiresAt", "file_path",
];
const odd: unknown[] = [null, undefined, true, 0, -1, Number.NaN, 1e308, "", "text", "\u0000\u202E", [], {}, [null], [[]], [1, "a", {}], { path: {} }, [{ path: 1, line: "x" }], "x".repeat(5000)];
const states = ["input-streaming", "input-available", "approval-requested", "approval-responded", "output-available", "output-error", "output-denied", "a new state", undefined, null, {}];

describe("hostile shapes", () => {
  test.each(tools)("no value anywhere in %s takes the card down", { timeout: 20_000 }, (tool) => {
    let n = tool.length + 1;
    const next = (below: number) => (n = (n * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const pick = <T,>(from: readonly T[]): T => from[next(from.length)] as T;
    const object = () => Object.fromEntries(keys.map((key) => [key, next(4) === 0 ? [{ [pick(keys)]: pick(odd), path: pick(odd) }] : pick(odd)]));
    const value = () => (next(3) > 0 ? object() : pick(odd));
    for (let round = 0; round < 15; round++) {
      const approval = next(2) ? { id: pick(["a1", ...odd]), descriptor: value(), requestReason: pick(odd), reason: pick(odd), approved: pick(odd) } : pick(odd);
      const shape = part(tool, { state: pick(states), input: value(), output: value(), errorText: pick(odd), approval, ...(next(9) === 0 && { type: pick(odd), toolCallId: pick(odd) }) });
      const { container, unmount } = show(shape, { running: next(2) === 0 });
      const header = container.querySelector("button[aria-expanded]");
      if (header) fireEvent.click(header);
      expect(container.textContent, JSON.stringify(shape)).not.toContain("cannot be shown");
      expect(container.querySelector("a, img, script, iframe")).toBeNull();
      unmount();
    }
  });

  test("a card that cannot be drawn is one sentence", () => {
    const quiet = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const trap = { get type(): string { throw new Error("no"); }, toolCallId: "c", state: "output-available" } as unknown as ToolPart;
    expect(show(trap).container.textContent).toBe("This step cannot be shown.");
    quiet.mockRestore();
  });
});

test("an edit shows its figures, its diff and the way to the file", async () => {
  const openFile = vi.fn();
  show(part("editFile", { input: { path: "src/a.ts" }, output: { path: "src/a.ts", added: 2, removed: 1, diff: "@@ -1,2 +1,3 @@\n same\n-old\n+new\n+newer\n" } }), { openFile });
  expect(screen.getByRole("button", { name: /Edit src\/a\.ts 2 lines added, 1 removed.*done/ })).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Open src/a.ts in VS Code" }));
  expect(openFile).toHaveBeenCalledWith("src/a.ts", undefined);
  await open();
  expect(screen.getByRole("row", { name: "2 added new" })).toBeDefined();
});

test("a diff hides nothing from who decides by it", async () => {
  show(part("gitDiff", { output: { diff: "--- a/a\u202E.ts\n+++ b/a\u202E.ts\n@@ -1 +1 @@\n+if (admin\u200B) { //\u2066\n" } }));
  await open();
  expect(screen.getByText("if (admin<U+200B>) { //<U+2066>")).toBeDefined();
  expect(screen.getByText("a<U+202E>.ts")).toBeDefined();
});

test("a failed command says how it ended, and shows what it printed without escapes", async () => {
  show(part("runCommand", { input: { command: "npm test" }, output: { command: "npm test", exitCode: 1, output: "\u001B[31mFAIL\u001B[0m a.test.ts\n", durationMs: 12_345 } }));
  expect(screen.getByRole("button", { name: /Run npm test exit 1 ?12 s ?, failed/ })).toBeDefined();
  await open();
  expect(screen.getByRole("region", { name: "Output of npm test" }).textContent).toBe("FAIL a.test.ts");
});

test("a running command shows what it prints at once", () => {
  addTerminal({ toolCallId: "call-live", seq: 1, text: "building…\n" });
  show(part("runCommand", { toolCallId: "call-live", state: "input-available", input: { command: "make" }, output: undefined }));
  expect(screen.getByText("building…")).toBeDefined();
});

test("a file that is being written shows its path and the end of its text", () => {
  show(part("writeFile", { state: "input-streaming", input: { path: "a.md", content: "one\n".repeat(30) + "last" }, output: undefined }));
  expect(screen.getByRole("button", { name: /Write a\.md ?, being written/ })).toBeDefined();
  expect(screen.getByText(/last$/).textContent?.split("\n")).toHaveLength(8);
});

test("an error is a code and a sentence, with the raw input behind it", async () => {
  show(part("editFile", { state: "output-error", input: { path: "a", edits: [] }, errorText: "EDIT_NO_MATCH: edit 1: oldText not found in a." }));
  expect(screen.getByText("EDIT_NO_MATCH")).toBeDefined();
  expect(screen.getByText(/oldText not found/)).toBeDefined();
  await open();
  expect(screen.getByRole("region", { name: "Input" }).textContent).toContain('"edits"');
});

test("matches and files open at their line", async () => {
  const openFile = vi.fn();
  show(part("searchCode", { input: { query: "todo" }, output: { matches: [{ path: "b.go", line: 7, text: "// todo" }] } }), { openFile });
  await open();
  await userEvent.click(screen.getByRole("button", { name: /^7/ }));
  expect(openFile).toHaveBeenCalledWith("b.go", 7, undefined);
});

test("a preview opens its port only where it is one", async () => {
  const openPort = vi.fn();
  show(part("previewPort", { input: { port: 3000, path: "/x" }, output: { port: 3000, url: "https://3000-x.ws.localhost/x", status: 200, title: "Home" } }), { openPort });
  await open();
  await userEvent.click(screen.getByRole("button", { name: /Open port 3000/ }));
  expect(openPort).toHaveBeenCalledWith(3000, "/x");
});

test("more than 2,000 rows of a diff come on demand", { timeout: 20_000 }, () => {
  const diff = `@@ -0,0 +1,2500 @@\n${"+x\n".repeat(2500)}`;
  show(part("gitDiff", { output: { diff, files: 1, added: 2500, removed: 0 } }));
  fireEvent.click(document.querySelector("button[aria-expanded]") as Element);
  expect(document.querySelectorAll("tr")).toHaveLength(2000);
  fireEvent.click(screen.getByText("Show all 2500 rows")); // by role takes seconds among so many rows
  expect(document.querySelectorAll("tr")).toHaveLength(2500);
});

test("a turn that is over leaves no call running or waiting", () => {
  show(part("runCommand", { state: "approval-requested", approval: { id: "a1", descriptor: { kind: "call" } } }), { running: false });
  expect(screen.getByText(", not finished")).toBeDefined();
  expect(screen.queryByRole("button", { name: /Allow/ })).toBeNull();
});
