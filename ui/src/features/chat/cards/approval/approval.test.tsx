import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import type { ToolPart } from "../../types";
import { Stage } from "../stage";
import { ToolCard } from "../tool-card";

const call = (id: string, descriptor: Record<string, unknown> = {}) =>
  ({
    type: "tool-runCommand",
    toolCallId: id,
    state: "approval-requested",
    input: { command: "npm test" },
    approval: {
      id: `ap-${id}`,
      descriptor: {
        kind: "call", tool: "runCommand", title: `Run ${id}`, reason: "runs a program", command: "npm test",
        choices: [{ scope: "once", text: "Allow once" }, { scope: "run", text: "Allow for this run" }, { scope: "workspace", text: "Always allow", rules: ["npm test *"] }],
        expiresAt: "2026-01-01T00:15:00Z",
        ...descriptor,
      },
    },
  }) as unknown as ToolPart;
const question = { type: "tool-askUser", toolCallId: "q", state: "approval-requested", input: {}, approval: { id: "ap-q", descriptor: { kind: "question", question: "Which one?", options: ["React", "Vue"] } } } as unknown as ToolPart;

const answer = vi.fn(() => Promise.resolve());
const stage = (parts: ToolPart[]) => (
  <Stage actions={{ answer }}>
    {parts.map((p) => (
      <ToolCard key={p.toolCallId} part={p} />
    ))}
  </Stage>
);
const group = (name: string) => screen.getByRole("group", { name });

beforeEach(() => {
  answer.mockReset();
  answer.mockResolvedValue(undefined);
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => vi.useRealTimers());
const calm = () => vi.advanceTimersByTime(1000);

test.each([
  ["a", { approved: true, scope: "once" }],
  ["D", { approved: false }],
])("the key %s answers a card that has the focus", (key, sent) => {
  render(stage([call("c1")]));
  expect(document.activeElement).toBe(group("Run c1"));
  calm();
  fireEvent.keyDown(group("Run c1"), { key });
  expect(answer.mock.calls).toEqual([["ap-c1", sent]]);
});

test("what somebody types when the card appears does not answer it", () => {
  render(stage([call("c1")]));
  for (const key of "add a dark mode") {
    fireEvent.keyDown(document.activeElement as Element, { key });
    vi.advanceTimersByTime(200);
  }
  expect(answer).not.toHaveBeenCalled();
});

test("the focus stays with somebody who writes, also when other cards follow", () => {
  render(<textarea aria-label="Message" defaultValue="so far" />);
  screen.getByLabelText("Message").focus();
  render(stage([call("c1"), call("c2")]));
  expect(document.activeElement).toBe(screen.getByLabelText("Message"));
});

test("keys with modifiers, held keys and keys in a field are not meant for the card", async () => {
  render(stage([call("c1")]));
  calm();
  const card = group("Run c1");
  fireEvent.keyDown(card, { key: "a", ctrlKey: true });
  fireEvent.keyDown(card, { key: "a", metaKey: true });
  fireEvent.keyDown(card, { key: "d", repeat: true });
  fireEvent.click(screen.getByRole("button", { name: /Deny with a note/ }));
  fireEvent.keyDown(screen.getByLabelText("What to do instead"), { key: "a" });
  expect(answer).not.toHaveBeenCalled();
});

test("a key that was meant for another card does not answer one out of view", () => {
  render(stage([call("c1")]));
  calm();
  const rect = vi.spyOn(group("Run c1"), "getBoundingClientRect").mockReturnValue(new DOMRect(0, -500, 300, 200));
  fireEvent.keyDown(group("Run c1"), { key: "a" });
  expect(answer).not.toHaveBeenCalled();
  rect.mockReturnValue(new DOMRect(0, 10, 300, 200));
  calm();
  fireEvent.keyDown(group("Run c1"), { key: "a" });
  expect(answer).toHaveBeenCalledTimes(1);
});

test("every scope says what it allows, and sends just that", async () => {
  render(stage([call("c1")]));
  expect(screen.getByText("npm test *")).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Always allow" }));
  expect(answer.mock.calls).toEqual([["ap-c1", { approved: true, scope: "workspace" }]]);
});

test("for always without a rule there is no button", () => {
  render(stage([call("c1", { choices: [{ scope: "workspace", text: "Always allow" }] })]));
  expect(screen.queryByRole("button", { name: "Always allow" })).toBeNull();
  expect(screen.getByRole("button", { name: /Allow once/ })).toBeDefined();
});

test("a note goes with the refusal", async () => {
  vi.useRealTimers();
  render(stage([call("c1")]));
  await userEvent.click(screen.getByRole("button", { name: /Deny with a note/ }));
  await userEvent.type(screen.getByLabelText("What to do instead"), "use pnpm{Enter}");
  expect(answer.mock.calls).toEqual([["ap-c1", { approved: false, reason: "use pnpm" }]]);
});

test("several are allowed at once from the first of them", () => {
  render(stage([call("c1"), question, call("c2"), call("c3")]));
  const all = screen.getAllByRole("button", { name: "Allow all 3 once" });
  expect(all).toHaveLength(1);
  expect(group("Run c1").contains(all[0] as Node)).toBe(true);
  fireEvent.click(all[0] as Element);
  expect(answer.mock.calls.map(([id]: unknown[]) => id)).toEqual(["ap-c1", "ap-c2", "ap-c3"]);
});

test("the focus goes on to the next card, and at last to the line of the answered one", async () => {
  const { rerender } = render(stage([call("c1"), call("c2")]));
  const done = (id: string) => ({ ...call(id), state: "output-available", output: {} }) as unknown as ToolPart;
  rerender(stage([done("c1"), call("c2")]));
  await vi.waitFor(() => expect(document.activeElement).toBe(group("Run c2")));
  rerender(stage([done("c1"), done("c2")]));
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getAllByRole("button", { name: /^Run/ })[1]));
});

test("a refused answer says so and may be given again", async () => {
  answer.mockRejectedValueOnce(new Problem(409, "approval_expired", "It was too late."));
  render(stage([call("c1")]));
  fireEvent.click(screen.getByRole("button", { name: /Allow once/ }));
  await vi.waitFor(() => expect(screen.getByRole("alert").textContent).toBe("It was too late."));
  fireEvent.click(screen.getByRole("button", { name: /Allow once/ }));
  expect(answer).toHaveBeenCalledTimes(2);
});

test("a second click while the first is on its way sends nothing", () => {
  answer.mockReturnValue(new Promise(() => undefined));
  render(stage([call("c1")]));
  const button = screen.getByRole("button", { name: /Allow once/ });
  fireEvent.click(button);
  fireEvent.click(button);
  expect(answer).toHaveBeenCalledTimes(1);
});

test("hidden characters of a command are written out", () => {
  render(stage([call("c1", { command: "echo \u202Ehi\u200B; rm\u00A0-rf /", title: "Run \u2066it" })]));
  expect(screen.getByRole("region", { name: "Command" }).textContent).toBe("echo <U+202E>hi<U+200B>; rm<U+00A0>-rf /");
  expect(screen.getByText("Run <U+2066>it")).toBeDefined();
});

const paths = (n: number) => Array.from({ length: n }, (_, i) => `src/file ${i}.ts`);
test.each([
  ["as many as came", { paths: paths(100) }, 100, null],
  ["more than came", { paths: paths(100), pathCount: 250 }, 100, "and 150 more"],
  ["more than is drawn", { paths: paths(1200) }, 1000, "and 200 more"],
  ["beside a diff that names it", { diff: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", paths: ["x"] }, 0, null],
  ["beside a diff, with where a link leads", { diff: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", paths: ["x", ".git/config"] }, 2, null],
  ["beside a diff that was cut", { diff: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", diffTruncated: true, paths: ["x"] }, 1, null],
])("paths, %s", (_, descriptor, shown, more) => {
  render(stage([call("c1", descriptor)]));
  const list = screen.queryByRole("region", { name: "Paths" });
  expect(list?.querySelectorAll("li").length ?? 0).toBe(shown);
  expect(screen.queryByText(/^and \d+ more$/)?.textContent ?? null).toBe(more);
});

test("a line break in a path does not make two of it", () => {
  render(stage([call("c1", { paths: ["a\nb"] })]));
  expect(screen.getByText("a<U+000A>b")).toBeDefined();
});

test("a question is answered by number, by click and in one's own words", async () => {
  const { unmount } = render(stage([question]));
  calm();
  fireEvent.keyDown(group("Which one?"), { key: "2" });
  fireEvent.keyDown(group("Which one?"), { key: "5" });
  expect(answer.mock.calls).toEqual([["ap-q", { approved: true, answer: "Vue" }]]);
  unmount();
  vi.useRealTimers();
  render(stage([question]));
  await userEvent.type(screen.getByLabelText("Your own answer"), "2 of them{Enter}");
  expect(answer).toHaveBeenLastCalledWith("ap-q", { approved: true, answer: "2 of them" });
});
