import { gallery } from "./fixtures.mjs";
import { agent, assistant, chat, conversation, user } from "./fixtures-chat.mjs";
import { Turn } from "./standin-turn.mjs";

const id = "running00001";

/** A workspace with its chat in front, on small screens too; messages = undefined: it has none. */
function scene({ name, see, messages, changes, workspaceId = id, given, act }) {
  return {
    name,
    see,
    path: `/w/${workspaceId}`,
    given: (state) => {
      state.workspaces = gallery(state.port).filter((w) => w.id === workspaceId);
      if (messages) {
        const open = chat(workspaceId, { title: "Label the button", cost: 0.0342, contextTokens: 19_440, contextWindow: 200_000, ...changes });
        state.chats = [open, chat(workspaceId, { title: "Another one with a title that goes on and on and on and on and on" }), chat(workspaceId, { title: "Waits", waiting: true })];
        state.messages[open.id] = structuredClone(messages);
      }
      given?.(state);
    },
    act: async (page) => {
      const tab = page.getByRole("group", { name: "Show" }).getByRole("button", { name: /^Chat/ });
      await page.getByRole("banner").or(tab).first().waitFor();
      if (await tab.isVisible()) await tab.click();
      await page.getByRole("textbox", { name: "Message" }).waitFor();
      await act?.(page);
    },
  };
}

const button = (name) => (page) => page.getByRole("button", { name }).click();

const cutOff = [
  user("u1", "Rename every file."),
  assistant("a1", [{ type: "text", text: "I begin with the tests.", state: "done" }], { state: "interrupted" }),
];
const failed = [
  user("u1", "Go on."),
  assistant("a1", [{ type: "data-error", id: "error", data: { code: "provider_unavailable", message: "The provider does not answer (503). Three attempts failed.", retryable: true } }], { state: "failed" }),
];
const stopped = (code, message, metadata = {}) => [
  user("u1", "Go on."),
  assistant("a1", [{ type: "text", text: "I begin with the tests.", state: "done" }, { type: "data-error", id: "error", data: { code, message, retryable: false } }], { state: "failed", ...metadata }),
];
const unpriced = stopped("price_unknown", "The provider told no cost, and no price of this model is known, so the limit of $1.00 cannot be held. Choose another model.", { cost: null });
const spent = stopped("budget_exhausted", "Today's limit of $10.00 is reached. It starts anew at 00:00 UTC.");

/** A turn that runs: a plan, a thought, and what it does now. */
function running(state) {
  const [open] = state.chats;
  Object.assign(open, { status: "running", runId: "run1" });
  const turn = new Turn("run1", "m1");
  turn.begin();
  turn.send(
    { type: "data-checkpoint", id: "before", data: { checkpoint: "c1", createdAt: new Date().toISOString(), skipped: [] } },
    { type: "data-plan", id: "plan", data: { items: [{ title: "Read the component", status: "done" }, { title: "Give it a label", status: "active" }, { title: "Write a test that fails without it", status: "pending" }, { title: "Rewrite everything", status: "dropped" }] } },
    { type: "data-usage", id: "usage", data: { promptTokens: 4000, completionTokens: 300, reasoningTokens: 0, cacheReadTokens: 0, cost: 0.0211, estimated: true, steps: 2, contextTokens: 180_000, contextWindow: 200_000, turnBudget: 1, chatCost: 0.06 } },
    { type: "start-step" },
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", delta: "The label should come from the caller." },
  );
  state.turns.set(open.id, turn);
}

export const panelScenes = [
  scene({ name: "panel-empty", see: "What should be done?" }),
  scene({ name: "panel-stopped", workspaceId: "stopped00001", act: (page) => page.getByPlaceholder("A message starts the workspace").waitFor(), see: "What should be done?" }),
  scene({ name: "panel-off", see: "Set your own in the settings", given: (s) => (s.agent = { ...agent, configured: false, keySource: "none" }) }),
  scene({ name: "panel-answer", messages: conversation, see: "2 files changed" }),
  scene({ name: "panel-running", messages: conversation, given: running, see: "Thinking…" }),
  scene({ name: "panel-interrupted", messages: cutOff, see: "This turn was cut off" }),
  scene({ name: "panel-failed", messages: failed, see: "Three attempts failed" }),
  scene({ name: "panel-chats", messages: conversation, act: button(/^Chats\. Open/), see: "Rules of this workspace" }),
  scene({ name: "panel-models", messages: conversation, act: button(/^Model:/), see: "Prices are per million tokens" }),
  scene({ name: "panel-modes", messages: conversation, act: button(/^Mode:/), see: "Not allowed on this server" }),
  scene({ name: "panel-undo", messages: conversation, act: button("Undo this turn…"), see: "1 file set back" }),
  scene({ name: "panel-again", messages: conversation, act: button("Answer again"), see: "Also undo the files (1 file)" }),
  scene({ name: "panel-unpriced", messages: unpriced, changes: { cost: null }, see: "cannot be held" }),
  scene({ name: "panel-spent", messages: spent, see: "Limits are set by an administrator" }),
  scene({ name: "panel-edit", messages: conversation, act: async (page) => page.getByRole("button", { name: "Edit this message" }).press("Enter"), see: "What came after it leaves the chat" }),
  scene({
    name: "panel-rules",
    messages: conversation,
    act: async (page) => (await button(/^Chats\. Open/)(page), page.getByRole("menuitem", { name: "Rules of this workspace…" }).click()),
    see: "One a line",
  }),
  scene({
    name: "panel-refused",
    messages: conversation,
    given: (s) => s.failing.set("POST /chats", { status: 402, code: "budget_exhausted", detail: "Today's limit of $10.00 is reached. It starts anew at 00:00 UTC." }),
    act: async (page) => (await page.getByRole("textbox", { name: "Message" }).fill("more"), page.keyboard.press("Enter")),
    see: "Today's limit of $10.00 is reached",
  }),
  scene({
    name: "panel-lost",
    messages: conversation,
    given: (s) => (running(s), s.failing.set(`GET /chats/${s.chats[0].id}/stream`, { status: 503, code: "unavailable", detail: "Restarting." })),
    see: "Connection lost",
  }),
];
