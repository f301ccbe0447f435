// Drives a real Chromium through a day with the agent: a task in the chat beside VS Code, a
// question answered by keyboard, a refusal, a running command, a closed tab, and an undo.
// The model is a stand-in, everything else is real.
//
// node agent.mjs CDP_URL LINK SCREENSHOT_DIR; prints one JSON line per step, and waits for
// a line on standard input after those with {wait: true}, so that the test can act.
import assert from "node:assert/strict";
import { accessible, context, editor, link, newPage, play, shot, step, until, visit } from "./browser.mjs";

const field = (page) => page.getByRole("textbox", { name: "Message" });
const log = (page) => page.getByRole("log", { name: "Conversation" });
const answers = (page) => log(page).getByRole("article", { name: "Agent" });
const latest = (page) => answers(page).last();
const idle = (page) => page.getByRole("button", { name: "Send" }).waitFor({ timeout: 60_000 });

// say sends a message and waits until its answer begins.
async function say(page, text) {
  const before = await answers(page).count();
  await field(page).fill(text);
  await field(page).press("Enter");
  await until(`an answer to ${text}`, async () => (await answers(page).count()) > before);
}

// mode chooses one. VS Code takes the focus once it has loaded, which closes an open menu.
async function mode(page, name) {
  await until(`the mode is ${name}`, async () => {
    if ((await page.getByRole("button", { name: `Mode: ${name}` }).count()) > 0) return true;
    await page.getByRole("button", { name: /^Mode: / }).click();
    await page.getByRole("menuitemradio", { name: new RegExp(`^${name}`) }).click({ timeout: 2000 }).catch(() => {});
    return false;
  });
}

// Brings the card that waits into view; the bar that says so is there only while it is not.
async function show(page) {
  const card = latest(page).getByRole("group");
  await card.waitFor();
  await until("the card is in view", async () => {
    await page.getByRole("button", { name: "Show", exact: true }).click({ timeout: 500 }).catch(() => {});
    return card.evaluate((c) => c.getBoundingClientRect().top >= 0 && c.getBoundingClientRect().bottom <= innerHeight);
  });
  await card.focus();
}

// Presses a key until the card is gone: one that has just come takes none for a moment.
async function press(page, card, key) {
  await card.waitFor();
  await until(`the card takes ${key}`, async () => {
    if ((await card.count()) === 0) return true;
    await new Promise((r) => setTimeout(r, 800));
    await page.keyboard.press(key);
    return false;
  });
}

await play("agent", async () => {
  let page = await newPage();
  await visit(page, link);
  await page.getByRole("link", { name: "choose everything yourself" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Agent at work");
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.waitForURL(/\/w\/[a-z0-9]{12}/);
  const id = page.url().match(/\/w\/([a-z0-9]{12})/)[1];
  let frame = await editor(page);
  await field(page).waitFor();
  await step("the chat is beside the editor", { id });
  await accessible(page, "agent-1-empty");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });

  // A task: the file is there a moment later, and a click opens it where it
  // is. (By itself VS Code's explorer shows no change that came before it began to watch,
  // half a minute after the workspace was made.)
  await mode(page, "Edit");
  await say(page, "create a new React component called Button");
  const sent = Date.now();
  const card = latest(page).getByRole("button", { name: /Button\.tsx.*done/i }).first();
  await card.waitFor();
  await step("the tool's card says done", { after: Date.now() - sent });
  await idle(page);
  await card.click();
  await latest(page).getByText("export interface ButtonProps").first().waitFor();
  await page.getByText(/file changed/).first().waitFor();
  await step("the card has the diff", { file: "src/components/Button.tsx" });
  await shot(page, "agent-2-created");

  await say(page, "search for ButtonProps)");
  await idle(page);
  const group = latest(page).getByRole("button", { name: /^Searched/ });
  if ((await group.getAttribute("aria-expanded")) === "false") await group.click();
  await latest(page).getByRole("button", { name: /^Search ButtonProps/ }).click();
  await latest(page).getByTitle(/^Open src\/components\/Button\.tsx:12 in VS Code$/).first().click();
  frame = await editor(page);
  await frame.locator(".tab.active", { hasText: "Button.tsx" }).first().waitFor({ timeout: 60_000 });
  await frame.getByText(/Ln 12, Col/).first().waitFor({ timeout: 60_000 });
  await frame.getByRole("treeitem", { name: /Button\.tsx/ }).first().waitFor({ timeout: 60_000 });
  await step("the card's link opened the file at the line, and the explorer shows it");
  await shot(page, "agent-3-opened");

  // A command: asked for, allowed by a key, watched, and ended by the test.
  await mode(page, "Ask");
  await say(page, "run `echo begun; while [ ! -e go.txt ]; do sleep 0.1; done; echo finished`");
  await latest(page).getByRole("group").waitFor();
  await until("the tab's title says so", async () => (await page.title()).startsWith("Waiting"));
  await accessible(page, "agent-4-asks");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("group", { name: "Show" }).getByRole("button", { name: /^Chat/ }).click();
  await show(page);
  await shot(page, "agent-4-asks-390");
  await page.setViewportSize({ width: 1280, height: 800 });
  await show(page);
  await press(page, latest(page).getByRole("group"), "a");
  await latest(page).getByText("begun", { exact: true }).waitFor();
  await shot(page, "agent-5-running");
  await step("a running command shows its output", { wait: true });
  await idle(page);
  await latest(page).getByText("finished").first().waitFor();

  // A refusal by key, and one with a note.
  await say(page, "delete folder src");
  await show(page);
  await press(page, latest(page).getByRole("group"), "d");
  await latest(page).getByText("Refused. It did not run.").waitFor();
  await idle(page);
  await say(page, "run: rm -r src");
  await latest(page).getByRole("button", { name: /Deny with a note/ }).click();
  await page.keyboard.type("the sources are needed");
  await page.keyboard.press("Enter");
  await latest(page).getByText("Refused: the sources are needed", { exact: true }).waitFor();
  await idle(page);
  await step("two refusals", { note: "the sources are needed" });

  // A question, answered in one's own words.
  await say(page, "ask me which colour to take");
  await latest(page).getByLabel("Your own answer").fill("green, like grass");
  await page.keyboard.press("Enter");
  await latest(page).getByText(/You answered:.*green, like grass/).waitFor();
  await idle(page);
  await step("a question was answered");

  // Stop.
  await say(page, "slow");
  await latest(page).getByText("tick tick").waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await idle(page);
  await latest(page).getByText("stopped").waitFor();
  await step("stopped");

  // Close the tab in the middle, come back: all is there, and goes on.
  await say(page, "tell me a story");
  await latest(page).getByText("Once upon a time").waitFor();
  const before = await answers(page).count();
  const address = page.url();
  await page.close();
  page = await newPage();
  await visit(page, address);
  await latest(page).getByText("Once upon a time").waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  await step("came back while it runs", { wait: true });
  await latest(page).getByText("happily ever after").waitFor();
  await idle(page);
  assert.equal(await answers(page).count(), before);
  for (const text of ["create a new React component called Button", "green, like grass"]) await log(page).getByText(text).first().waitFor({ state: "attached" });
  await step("all is there, once");

  // What is written in the chat goes nowhere else when the editor takes the focus by itself,
  // as VS Code does when it has loaded.
  frame = await editor(page);
  await field(page).click();
  await frame.evaluate(() => {
    const thief = document.body.appendChild(Object.assign(document.createElement("textarea"), { id: "thief" }));
    window.focus();
    thief.focus();
  });
  await page.waitForTimeout(200); // nothing tells where keys go but a key
  await page.keyboard.type("kept");
  await until("the chat has what was typed", async () => (await field(page).inputValue()) === "kept");
  assert.equal(await frame.evaluate(() => document.getElementById("thief").value), "");
  await frame.evaluate(() => document.getElementById("thief").remove());
  await field(page).fill("");
  await step("the focus is given back");

  // Undo, with the diff first; and undoing that.
  await mode(page, "Edit");
  await say(page, "write 'to be undone' to undone.txt");
  await page.getByText(/file changed/).last().waitFor();
  await idle(page);
  await latest(page).getByRole("button", { name: /Undo this turn/ }).click();
  const undo = page.getByRole("dialog", { name: "Undo this turn?" });
  await undo.getByText("to be undone").first().waitFor();
  await accessible(page, "agent-6-undo");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await undo.getByRole("button", { name: "Undo this turn" }).click();
  await page.getByText(/1 file restored/).waitFor();
  await until("the text is back in the field", async () => (await field(page).inputValue()) === "write 'to be undone' to undone.txt");
  assert.equal(await answers(page).count(), before);
  await step("undone", { wait: true });
  await page.getByRole("button", { name: "Bring the files back" }).click();
  await page.getByText("The files are back as they were").waitFor();
  await step("the undoing was undone", { wait: true });
  await field(page).fill("");

  // A long answer: nothing of another server is loaded, and it reads well when narrow.
  const foreign = [];
  page.on("request", (r) => r.url().includes("evil.example") && foreign.push(r.url()));
  await say(page, "write a long answer");
  await latest(page).getByText("That was all.").waitFor();
  await idle(page);
  assert.deepEqual(foreign, []);
  await accessible(page, "agent-7-long");
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("group", { name: "Show" }).getByRole("button", { name: /^Chat/ }).click();
  await log(page).waitFor();
  const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= view, `${wide} px wide in a view of ${view} px`);
  await shot(page, "agent-8-long-390");
});
