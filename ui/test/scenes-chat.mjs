import { chat } from "./fixtures-chat.mjs";
import { agent, finishedCalls, question, testOutput, text, user, waitingCalls, words } from "./chat-messages.mjs";
import { gallery } from "./fixtures.mjs";
import { Turn } from "./standin-turn.mjs";

const id = "running00001";

/** A running workspace with a chat in front, on small screens too. */
function scene({ name, see, messages = [], running, act }) {
  return {
    name,
    see,
    path: `/w/${id}`,
    given: (state) => {
      state.workspaces = gallery(state.port).filter((w) => w.id === id);
      const open = chat(id, { title: "Store hashes of session tokens", turns: 1, cost: 0.0413, contextTokens: 61_000, contextWindow: 200_000, status: running ? "running" : "idle", runId: running ? "run1" : undefined });
      state.chats = [open];
      state.messages[open.id] = [user("Please store hashes of session tokens instead of the tokens themselves."), ...messages];
      if (!running) return;
      const turn = new Turn("run1", "m1");
      turn.begin();
      turn.send({ type: "start-step" }, ...running().flatMap(chunks));
      state.turns.set(open.id, turn);
    },
    act: async (page) => {
      const tab = page.getByRole("group", { name: "Show" }).getByRole("button", { name: "Chat" });
      await page.getByRole("banner").or(tab).first().waitFor();
      if (await tab.isVisible()) await tab.click();
      await page.getByRole("log", { name: "Conversation" }).getByText(see).first().waitFor();
      await act?.(page);
    },
  };
}

/** What a stream says of a part that is not finished. */
function chunks(part) {
  const { toolCallId, input, approval, type } = part;
  if (!toolCallId) return part.type === "text" ? [{ type: "text-start", id: part.text }, { type: "text-delta", id: part.text, delta: part.text }, { type: "text-end", id: part.text }] : [part];
  const toolName = type.replace("tool-", "");
  const begun = { type: "tool-input-start", toolCallId, toolName };
  if (part.state === "input-streaming") return [begun, { type: "tool-input-delta", toolCallId, inputTextDelta: JSON.stringify(input).slice(0, -4) }];
  const called = { type: "tool-input-available", toolCallId, toolName, input };
  return approval ? [begun, called, { type: "tool-approval-request", approvalId: approval.id, toolCallId, approvalDescriptor: approval.descriptor }] : [begun, called];
}

const openAll = (page) =>
  page.evaluate(() => {
    const closed = document.querySelectorAll('[role="log"] button[aria-expanded="false"]');
    for (const button of closed) button.click();
  });

const command = { type: "tool-runCommand", toolCallId: "live", state: "input-available", input: { command: "npm test -- --run" } };
const output = { type: "data-term", id: "live", data: { toolCallId: "live", seq: 1, text: testOutput }, transient: true };
const file = { type: "tool-writeFile", toolCallId: "growing", state: "input-streaming", input: { path: "src/server/hash.ts", content: `${"export const line = true;\n".repeat(12)}export const last = ` } };

export const chatScenes = [
  scene({ name: "chat-cards", messages: [agent(finishedCalls())], see: "Now the change." }),
  // Groups of reads open first, then the cards in them.
  scene({ name: "chat-cards-open", messages: [agent(finishedCalls())], see: "Now the change.", act: async (page) => (await openAll(page), await openAll(page)) }),
  scene({ name: "chat-words", messages: [agent([text(words)])], see: "I moved the lookup to" }),
  scene({ name: "chat-running", running: () => [text("Now the tests."), command, output, file], see: "export const last" }),
  scene({ name: "chat-waiting", running: () => [text("Two things to decide."), ...waitingCalls()], see: "npm install is not covered" }),
  scene({ name: "chat-question", running: () => [text("One thing to know first."), question()], see: "Or a file" }),
];
