// What people do with the agent, in a real browser against the stand-in.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { gallery } from "./fixtures.mjs";
import { agent, assistant, chat, conversation, user } from "./fixtures-chat.mjs";
import { calls, flow } from "./flow.mjs";

const id = "running00001";
const home = `/w/${id}`;

/** A running workspace; with messages also a chat that has them. */
function given(state, messages, changes = {}) {
  state.workspaces = gallery(state.port).filter((w) => w.id === id);
  if (!messages) return undefined;
  const made = chat(id, { title: "Label the button", contextTokens: 19_440, contextWindow: 200_000, cost: 0.0342, ...changes });
  state.chats = [made];
  state.messages[made.id] = structuredClone(messages);
  return made;
}

const field = (page) => page.getByRole("textbox", { name: "Message" });
const stop = (page) => page.getByRole("button", { name: "Stop", exact: true });
const log = (page) => page.getByRole("log", { name: "Conversation" });

/** A promise that is kept from outside. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}

flow("a first message makes a chat; the answer streams and its cost is shown", async ({ page, go, state }) => {
  given(state);
  const { opened, open } = gate();
  state.agentTurn = async (turn, message) => {
    turn.send({ type: "start-step" }, { type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: `Looking at *${message.parts[0].text}*` });
    turn.send({ type: "data-status", id: "status", data: { kind: "provider", text: "Waiting for maker/large-4" }, transient: true });
    await opened;
    turn.send({ type: "text-delta", id: "t", delta: " and done." }, { type: "text-end", id: "t" }, { type: "finish-step" });
  };
  await go(home);
  await field(page).fill("the button");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("now");
  await page.keyboard.press("Enter");
  await log(page).getByText("Looking at the button").waitFor();
  await page.getByText("Waiting for maker/large-4").waitFor();
  assert.equal(await field(page).inputValue(), "");
  await stop(page).waitFor();
  open();
  await log(page).getByText("and done.").waitFor();
  await page.getByText("$0.0123").first().waitFor();
  const [{ body, headers }] = calls(state, "POST /chats");
  assert.equal(headers["x-kalpana-ui"], "7");
  assert.deepEqual([body.trigger, body.mode, body.messages.length, body.messages[0].parts], ["submit-message", "ask", 1, [{ type: "text", text: "the button\nnow" }]]);
  await page.getByRole("button", { name: /Chats\. Open: the button/ }).waitFor();
  // The second message goes alone too: the server has the rest.
  state.agentTurn = undefined;
  await field(page).fill("again");
  await page.keyboard.press("Enter");
  await log(page).getByText("You said: again").waitFor();
  assert.equal(calls(state, "POST /chats").at(-1).body.messages.length, 1);
});

flow("stop acts on the run, and what was written stays", async ({ page, go, state }) => {
  given(state, []);
  state.agentTurn = async (turn) => {
    turn.send({ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "For ever and" });
    await turn.wait("stop");
    turn.send({ type: "text-end", id: "t" });
    turn.end("stopped");
  };
  await go(home);
  await field(page).fill("go on");
  await page.keyboard.press("Enter");
  await log(page).getByText("For ever and").waitFor();
  await field(page).press("Escape");
  await page.getByRole("button", { name: "Send" }).waitFor();
  await log(page).getByText("stopped").waitFor();
  await log(page).getByText("For ever and").waitFor();
  const [{ body }] = calls(state, "POST /chats/" + state.chats[0].id + "/stop");
  assert.match(body.runId, /^run\d+$/);
});

flow("a reload finds the turn that runs, once, and can stop it", async ({ page, go, state }) => {
  const found = given(state, []);
  const { opened, open } = gate();
  state.agentTurn = async (turn) => {
    turn.send({ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "first half, " });
    await opened;
    turn.send({ type: "text-delta", id: "t", delta: "second half" }, { type: "text-end", id: "t" });
  };
  await go(home);
  await field(page).fill("tell me");
  await page.keyboard.press("Enter");
  await log(page).getByText("first half,").waitFor();
  await page.reload();
  await log(page).getByText("first half,").waitFor();
  await stop(page).waitFor();
  assert.equal(await log(page).getByText("tell me").count(), 1);
  open();
  await log(page).getByText("first half, second half").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
  assert.equal(await log(page).getByRole("article", { name: "Agent" }).count(), 1);
  assert.ok(calls(state, `GET /chats/${found.id}/stream`).length >= 1);
});

flow("a connection that breaks is said and taken up again", async ({ page, go, state }) => {
  const found = given(state, []);
  const { opened, open } = gate();
  state.agentTurn = async (turn) => {
    turn.send({ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "before the cut, " });
    await opened;
    turn.send({ type: "text-delta", id: "t", delta: "and after it" }, { type: "text-end", id: "t" });
  };
  await go(home);
  await field(page).fill("tell me");
  await page.keyboard.press("Enter");
  await log(page).getByText("before the cut,").waitFor();
  const stream = `GET /chats/${found.id}/stream`;
  state.failing.set(stream, { status: 503, code: "unavailable", detail: "Restarting." });
  state.turns.get(found.id).cut();
  await page.getByText("Connection lost. The agent goes on").waitFor();
  await stop(page).waitFor();
  await eventually(() => calls(state, stream).length > 0, "asks again");
  state.failing.delete(stream);
  open();
  await log(page).getByText("before the cut, and after it").waitFor({ timeout: 15_000 });
  await page.getByRole("button", { name: "Send" }).waitFor();
  assert.equal(await page.getByText("Connection lost").count(), 0);
});

flow("another tab sees the message and the answer as they come", async ({ page, go, state, standIn }) => {
  given(state, []);
  const other = await page.context().newPage();
  await other.goto(standIn.origin + home);
  await field(other).waitFor();
  await eventually(() => state.events.size === 1, "event stream open");
  const { opened, open } = gate();
  state.agentTurn = async (turn) => {
    turn.text("a", "to both of you");
    await opened;
  };
  await go(home);
  await field(page).fill("who is there?");
  await page.keyboard.press("Enter");
  await log(other).getByText("who is there?").waitFor();
  await log(other).getByText("to both of you").waitFor();
  await stop(other).waitFor();
  open();
  await other.getByRole("button", { name: "Send" }).waitFor();
});

flow("an approval is answered by keyboard, and the tab says that it waits", async ({ page, go, state }) => {
  const found = given(state, []);
  const answers = [];
  state.agentTurn = async (turn) => {
    const call = { toolCallId: "c1", toolName: "runCommand" };
    turn.send(
      { type: "start-step" },
      { type: "tool-input-start", ...call },
      { type: "tool-input-available", ...call, input: { command: "npm install left-pad", cwd: ".", timeoutSeconds: 60, background: false, description: "Install a package" } },
    );
    Object.assign(found, { waiting: true });
    turn.send({
      type: "tool-approval-request", approvalId: "ap1", toolCallId: "c1",
      approvalDescriptor: {
        kind: "call", tool: "runCommand", title: "Run a command", reason: "It changes what is installed.", command: "npm install left-pad", cwd: ".",
        choices: [{ scope: "once", text: "Allow once" }, { scope: "run", text: "Allow for this turn" }], expiresAt: new Date(Date.now() + 600_000).toISOString(),
      },
    });
    state.events.forEach((r) => r.write(`event: chat\ndata: ${JSON.stringify({ ...found, updatedAt: new Date().toISOString() })}\n\n`));
    const answer = await turn.wait("ap1");
    answers.push(answer);
    turn.send(
      { type: "tool-approval-response", approvalId: "ap1", approved: answer.approved },
      answer.approved
        ? { type: "tool-output-available", toolCallId: "c1", output: { command: "npm install left-pad", cwd: ".", processId: "p1", running: false, exitCode: 0, output: "added 1 package", omittedBytes: 0, durationMs: 900 } }
        : { type: "tool-output-denied", toolCallId: "c1" },
      { type: "finish-step" },
    );
    turn.text("t", answer.approved ? "Installed." : "I leave it.");
  };
  await go(home);
  await field(page).fill("install left-pad");
  await page.keyboard.press("Enter");
  await page.getByText("It changes what is installed.").waitFor();
  await eventually(async () => (await page.title()).startsWith("Waiting for you"), "the tab's title");
  await eventually(() => page.evaluate(() => document.activeElement?.closest('[data-call="c1"]') !== null), "focus on the card");
  // A card that took the focus leaves keys alone for a moment.
  for (let tries = 0; tries < 5 && answers.length === 0; tries++) {
    await page.waitForTimeout(900);
    await page.keyboard.press("d");
  }
  await log(page).getByText("I leave it.").waitFor();
  assert.equal(answers[0].approved, false);
  await eventually(async () => !(await page.title()).startsWith("Waiting"), "the title is back");
});

flow("a turn is undone after its changes were shown, and the message is there again", async ({ page, go, state }) => {
  const found = given(state, conversation);
  await go(home);
  await page.getByRole("button", { name: "Undo this turn…" }).click();
  const dialog = page.getByRole("dialog", { name: "Undo this turn?" });
  await dialog.getByText("1 file set back").waitFor();
  await dialog.getByText("export const Button = () => <button />;").waitFor();
  await dialog.getByRole("button", { name: "Undo this turn" }).click();
  await page.getByText("1 file restored, messages taken back").waitFor();
  await eventually(async () => (await field(page).inputValue()).startsWith("Add a label to the button"), "the text is back in the input");
  await page.getByText("What should be done?").waitFor();
  await page.getByRole("button", { name: "Bring the files back" }).click();
  await page.getByText("The files are back as they were").waitFor();
  assert.deepEqual(calls(state, `POST /chats/${found.id}/restore`).map((c) => c.body), [
    { checkpoint: "c0ffee", files: true, chat: true },
    { checkpoint: "beef", files: true, chat: false },
  ]);
});

flow("a refused message is not lost", async ({ page, go, state }) => {
  given(state, conversation);
  state.failing.set("POST /chats", { status: 402, code: "budget_exhausted", detail: "Today's $10.00 are spent." });
  await go(home);
  await field(page).fill("one more thing");
  await page.keyboard.press("Enter");
  await page.getByText("Today's $10.00 are spent.").waitFor();
  await eventually(async () => (await field(page).inputValue()) === "one more thing", "the text is back");
  assert.equal(await log(page).getByRole("article").count(), 2);
  state.failing.clear();
  await page.reload();
  assert.equal(await field(page).inputValue(), "one more thing"); // a draft outlives a reload
  await field(page).press("Enter");
  await log(page).getByText("You said: one more thing").waitFor();
});

flow("a message is edited and sent again, without what came after", async ({ page, go, state }) => {
  given(state, conversation);
  await go(home);
  await page.getByRole("button", { name: "Edit this message" }).press("Enter");
  await page.getByRole("textbox", { name: "Your message" }).fill("Remove the button");
  await page.keyboard.press("Enter");
  // The answer that goes changed files. Whoever thinks again loses nothing of what was written.
  const dialog = page.getByRole("dialog", { name: "Send again?" });
  await dialog.getByText("Also undo the files (1 file)").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("textbox", { name: "Your message" }).inputValue(), "Remove the button");
  await page.getByRole("textbox", { name: "Your message" }).press("Enter");
  await dialog.getByRole("radio", { name: /^Keep the files/ }).click();
  await dialog.getByRole("button", { name: "Send again" }).click();
  await log(page).getByText("You said: Remove the button").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Your message" }).count(), 0);
  const [{ body }] = calls(state, "POST /chats");
  assert.deepEqual([body.messageId, body.messages[0].id], ["u1", "u1"]);
  assert.equal(await log(page).getByRole("article").count(), 2);
  await page.getByRole("button", { name: "Answer again" }).click();
  await eventually(() => calls(state, "POST /chats").at(-1).body.trigger === "regenerate-message", "made again");
  assert.equal(state.calls.filter((c) => c.call.endsWith("/restore")).length, 0);
});

flow("an answer is made again on the files of before, once they are back", async ({ page, go, state }) => {
  const found = given(state, conversation);
  await go(home);
  await page.getByRole("button", { name: "Answer again" }).click();
  const dialog = page.getByRole("dialog", { name: "Answer again?" });
  await dialog.getByText("export const Button = () => <button />;").waitFor();
  await dialog.getByRole("button", { name: "Answer again" }).click();
  await page.getByText("1 file restored", { exact: true }).waitFor();
  await log(page).getByText("You said: Add a label").waitFor();
  const orders = state.calls.filter((c) => c.call === "POST /chats" || c.call.endsWith("/restore"));
  assert.deepEqual(orders.map((c) => c.call), [`POST /chats/${found.id}/restore`, "POST /chats"]);
  assert.deepEqual([orders[0].body, orders[1].body.trigger], [{ checkpoint: "c0ffee", files: true, chat: false }, "regenerate-message"]);
});

flow("an answer that is refused after the files went back can be had with them", async ({ page, go, state }) => {
  given(state, conversation);
  state.failing.set("POST /chats", { status: 402, code: "budget_exhausted", detail: "Today's $10.00 are spent." });
  await go(home);
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Answer again" }).click();
  await page.getByText("Today's $10.00 are spent.").waitFor();
  await page.getByText("Limits are set by an administrator.").waitFor();
  await page.getByRole("button", { name: "Bring the files back" }).click();
  await page.getByText("The files are back as they were").waitFor();
  await page.getByRole("link", { name: "Agent settings" }).click();
  await page.getByText("Spent today:").waitFor();
});

flow("a chat whose answer was lost is not made twice; with another mode it is another order", async ({ page, go, state }) => {
  given(state);
  const making = `POST /workspaces/${id}/chats`;
  state.failing.set(making, { status: 503, code: "unavailable", detail: "Restarting." });
  await go(home);
  const send = async () => (await field(page).fill("hello"), page.keyboard.press("Enter"));
  const asked = (n) => eventually(() => calls(state, making).length === n, `asked ${n} times`);
  await send();
  await asked(1);
  await page.getByText("Restarting.").waitFor();
  await send();
  await asked(2);
  await page.getByRole("button", { name: "Mode: Ask" }).press("Enter");
  await page.getByRole("menuitemradio", { name: /^Plan/ }).click();
  state.failing.clear();
  await send();
  await log(page).getByText("You said: hello").waitFor();
  const keys = calls(state, making).map((c) => c.headers["idempotency-key"]);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[1], keys[2]);
  assert.ok(keys.every((key) => /^[\da-f-]{36}$/.test(key)));
});

flow("a default above what the server allows is not shown as if it held", async ({ page, go, state }) => {
  given(state);
  state.agent = { ...agent, mode: "auto", modeCap: "ask" };
  await go(home);
  await page.getByRole("button", { name: "Mode: Ask" }).waitFor();
  await go("/settings");
  assert.equal(await page.getByLabel("Mode of new chats").inputValue(), "ask");
});

flow("model and mode are chosen by keyboard and kept", async ({ page, go, state }) => {
  const found = given(state, conversation);
  await go(home);
  await page.getByRole("button", { name: "Model: Large 4" }).press("Enter");
  await page.getByRole("combobox", { name: "Search models" }).fill("maker small");
  await page.getByText("$0.25 in, $1.25 out").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Model: Small 4" }).waitFor();
  await page.getByRole("button", { name: "Mode: Ask" }).press("Enter");
  const auto = page.getByRole("menuitemradio", { name: /^Auto/ });
  await auto.getByText("Not allowed on this server").waitFor();
  assert.equal(await auto.getAttribute("aria-disabled"), "true");
  await page.getByRole("menuitemradio", { name: /^Edit/ }).click();
  await page.getByRole("button", { name: "Mode: Edit" }).waitFor();
  await field(page).fill("go");
  await page.keyboard.press("Enter");
  await log(page).getByText("You said: go").waitFor();
  const { body } = calls(state, "POST /chats").at(-1);
  assert.deepEqual([body.model, body.mode], ["maker/small-4", "autoEdit"]);
  assert.deepEqual(calls(state, `PATCH /chats/${found.id}`).map((c) => c.body), [{ model: "maker/small-4" }, { mode: "autoEdit" }]);
});

flow("pictures go along, and what is none is refused", async ({ page, go, state }) => {
  given(state, []);
  await go(home);
  const dot = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  const chooser = page.locator('input[type="file"]');
  await chooser.setInputFiles([{ name: "dot.png", mimeType: "image/png", buffer: dot }, { name: "notes.pdf", mimeType: "application/pdf", buffer: dot }]);
  await page.getByText("notes.pdf is no PNG, JPEG, GIF or WebP picture.").waitFor();
  await page.getByRole("img", { name: "dot.png" }).waitFor();
  await field(page).fill("what is this?");
  await page.keyboard.press("Enter");
  await log(page).getByRole("img", { name: "dot.png" }).waitFor();
  const [{ body }] = calls(state, "POST /chats");
  assert.deepEqual(body.messages[0].parts.map((p) => [p.type, p.mediaType]), [["file", "image/png"], ["text", undefined]]);
});

flow("without a key it says how to get one, and the settings take it", async ({ page, go, state }) => {
  given(state);
  state.agent = { ...agent, configured: false, keySource: "none" };
  await go(home);
  await page.getByRole("link", { name: "Set your own in the settings" }).click();
  await page.getByRole("textbox", { name: "Own key" }).or(page.getByLabel("Own key")).fill("sk-or-v1-0123456789");
  await page.getByRole("button", { name: "Save key" }).click();
  await page.getByText("Your key …6789 is used.").waitFor();
  assert.equal(await page.getByLabel("Own key").inputValue(), "");
  await page.getByRole("button", { name: "Remove key" }).click();
  await page.getByText("There is no key yet.").waitFor();
});

flow("rules that the server does not take are explained in place", async ({ page, go, state }) => {
  given(state);
  await go("/settings");
  const rules = page.getByRole("textbox", { name: "Rules" });
  const message = "line 2: say what may be run";
  state.failing.set("PATCH /agent", { status: 422, code: "validation_failed", detail: message, errors: [{ field: "body.rules", message }] });
  await rules.fill("allow run npm test\nnonsense");
  await page.getByRole("button", { name: "Save rules" }).click();
  await page.getByText(message).waitFor();
  assert.equal(await rules.getAttribute("aria-invalid"), "true");
  state.failing.clear();
  await rules.fill("allow run npm test");
  await page.getByRole("button", { name: "Save rules" }).click();
  await page.getByText("Rules saved").waitFor();
});

flow("the chat hides and comes back by a key, keeps its width, and the editor stays", async ({ page, go, state }) => {
  given(state, conversation);
  await go(home);
  await page.frameLocator("iframe").getByText(`Editor of ${id}`).waitFor();
  await field(page).waitFor();
  await page.evaluate(() => (document.querySelector("iframe").dataset.same = "yes"));
  const line = page.getByRole("separator", { name: "Width of the chat" });
  await line.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  const width = await line.getAttribute("aria-valuenow");
  assert.equal(width, "488");
  await page.keyboard.press("Alt+Shift+K");
  await field(page).waitFor({ state: "hidden" });
  await page.keyboard.press("Alt+Shift+K");
  await field(page).waitFor();
  await eventually(() => field(page).evaluate((el) => el === document.activeElement), "the input has the focus");
  assert.equal(await page.locator("iframe").getAttribute("data-same"), "yes");
  await page.reload();
  await field(page).waitFor();
  assert.equal(await line.getAttribute("aria-valuenow"), "488");
});

flow(
  "on a small screen editor and chat take turns, the chat first while a turn runs",
  async ({ page, go, state }) => {
    given(state, conversation, { status: "running", runId: "other" });
    await go(home);
    await log(page).getByText("Add a label to the button").first().waitFor();
    await page.getByRole("button", { name: "src/Button.tsx", exact: true }).last().click();
    await page.locator("iframe").waitFor();
    await log(page).waitFor({ state: "hidden" });
    await eventually(() => calls(state, `POST /workspaces/${id}/editor`).length === 1, "shown in the editor");
  },
  { viewport: { width: 390, height: 844 } },
);

flow("the view stays where the reader is, and older turns come on demand", async ({ page, go, state }) => {
  const many = Array.from({ length: 30 }, (_, n) => [user(`u${n}`, `Question ${n}`), assistant(`a${n}`, [{ type: "text", text: `Answer ${n}. ${"More words. ".repeat(60)}`, state: "done" }])]).flat();
  given(state, many);
  const { opened, open } = gate();
  state.agentTurn = async (turn) => {
    turn.text("t", "A long answer. ".repeat(400));
    await opened;
  };
  await go(home);
  await log(page).getByText("Answer 29.").waitFor();
  const box = log(page);
  const rest = () => box.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight);
  await eventually(async () => (await rest()) < 2, "begins at the end");
  assert.equal(await box.getByText("Question 9", { exact: true }).count(), 0);
  await field(page).fill("more");
  await page.keyboard.press("Enter");
  await box.getByText("A long answer.").first().waitFor();
  await eventually(async () => (await rest()) < 2, "follows what comes");
  await box.hover();
  await page.mouse.wheel(0, -300);
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await jump.waitFor();
  const place = await box.evaluate((el) => el.scrollTop);
  open();
  await page.getByRole("button", { name: "Send" }).waitFor();
  assert.ok(Math.abs((await box.evaluate((el) => el.scrollTop)) - place) < 40, "the end of a turn does not move the view");
  await jump.click();
  await eventually(async () => (await rest()) < 2, "back at the end");
  await box.evaluate((el) => (el.scrollTop = 0));
  const first = box.getByText("Question 11", { exact: true });
  await page.getByRole("button", { name: "Show earlier messages" }).click();
  await box.getByText("Question 5", { exact: true }).waitFor();
  assert.ok(await first.isVisible());
});
