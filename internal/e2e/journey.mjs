// Drives a real Chromium through the whole way a newcomer goes, from the one-time link to
// a file that survives a restart. Attached over CDP to a plainly started browser, because
// Playwright's own switches change how browsers partition storage.
//
// node journey.mjs CDP_URL LINK SCREENSHOT_DIR; prints one JSON line per step.
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import path from "node:path";

const require = createRequire(path.resolve(import.meta.dirname, "../../ui/package.json"));
const { chromium } = require("playwright-core");
const [cdp, link, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });

const browser = await chromium.connectOverCDP(cdp);
const context = browser.contexts()[0];
const began = Date.now();
const problems = [];

function step(name, more = {}) {
  console.log(JSON.stringify({ step: name, ms: Date.now() - began, ...more }));
}

async function shot(page, name) {
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
}

// Chromium gives up what is loading whenever a network interface comes or goes, as those
// of containers do; a person would press reload.
async function visit(page, url) {
  for (let tries = 5; ; tries--) {
    try {
      return await page.goto(url);
    } catch (e) {
      if (tries === 0 || !String(e).includes("ERR_NETWORK_CHANGED")) throw e;
    }
  }
}

// The editor's frame inside a page, or the page itself.
async function editorIn(page, host) {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const frame = page.frames().find((f) => {
      try {
        return new URL(f.url()).host === host;
      } catch {
        return false;
      }
    });
    if (frame && (await frame.locator(".monaco-workbench .part.editor").count()) > 0) return frame;
    if (Date.now() > deadline) throw new Error(`VS Code did not appear in ${page.url()}: ${page.frames().map((f) => f.url())}`);
    await page.waitForTimeout(100);
  }
}

// Runs a command of VS Code by its name in the palette.
async function command(page, frame, name) {
  await frame.locator(".monaco-workbench").click({ position: { x: 5, y: 300 } }).catch(() => {});
  await page.keyboard.press("F1");
  const box = frame.locator(".quick-input-widget input.input");
  await box.waitFor({ state: "visible" });
  await box.fill(`>${name}`);
  await frame.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
  await page.keyboard.press("Enter");
}

try {
  const page = await context.newPage();
  page.on("pageerror", (e) => problems.push(`page error: ${e.message}`));
  await page.setViewportSize({ width: 1280, height: 800 });

  await visit(page, link);
  await page.getByRole("heading", { name: "Your first workspace" }).waitFor();
  for (const check of ["Container engine", "Database", "Addresses", "Certificate"]) {
    await page.getByRole("listitem").filter({ hasText: check }).filter({ hasText: "In order:" }).waitFor();
  }
  await shot(page, "1-first-visit");
  step("signed in by the link; what the installation needs is there", { url: page.url() });

  // One click, and nothing is asked before the editor.
  await page.getByRole("button", { name: "Blank" }).click();
  step("template clicked");

  await page.waitForURL(/\/w\/[a-z0-9]{12}/, { waitUntil: "commit" });
  const id = page.url().match(/\/w\/([a-z0-9]{12})/)[1];
  const port = new URL(page.url()).port;
  const host = `${id}.ws.localhost:${port}`;
  let frame = await editorIn(page, host);
  await page.getByRole("complementary", { name: "Agent" }).getByRole("textbox", { name: "Message" }).waitFor();
  step("VS Code is in the dashboard's frame, the chat beside it", { id });
  await shot(page, "3-frame");

  // A file typed and saved in the editor.
  await command(page, frame, "File: New Untitled Text File");
  await frame.locator(".editor-group-container .monaco-editor").first().waitFor();
  await page.keyboard.type("# Hello from Kalpana\n\nSaved in the editor.\n");
  await page.keyboard.press("Control+S");
  const save = frame.locator(".quick-input-widget input.input");
  await save.waitFor({ state: "visible" });
  // The dialog proposes a name once it has read the folder, over whatever was typed before.
  const answer = "/workspace/notes.md";
  for (let kept = 0; kept < 10; kept++) {
    if ((await save.inputValue()) !== answer) {
      if (await save.inputValue()) await save.fill(answer);
      kept = 0;
    }
    await page.waitForTimeout(100);
  }
  await page.keyboard.press("Enter");
  await frame.locator(".tab", { hasText: "notes.md" }).first().waitFor();
  step("file saved");

  // A webview: needs the service worker, so a trusted certificate and same-site storage.
  await command(page, frame, "Markdown: Open Preview");
  const deadline = Date.now() + 60_000;
  let heading;
  for (;;) {
    for (const f of page.frames()) {
      const h = f.locator("h1", { hasText: "Hello from Kalpana" });
      if ((await h.count().catch(() => 0)) > 0) heading = h;
    }
    if (heading || Date.now() > deadline) break;
    await page.waitForTimeout(200);
  }
  if (!heading) throw new Error("the Markdown preview shows no heading");
  step("webview renders");
  await shot(page, "4-webview");

  // A terminal. The file it writes is looked for on the volume by the test.
  await command(page, frame, "Terminal: Create New Terminal");
  await frame.locator(".terminal-wrapper.active .xterm, .terminal .xterm").first().waitFor();
  await frame.locator(".xterm-helper-textarea").last().focus();
  await page.keyboard.type("echo $((6*7)) > /workspace/answer.txt; id -u >> /workspace/answer.txt\n");
  step("terminal typed");
  await shot(page, "5-terminal");

  // The same editor in a tab of its own: no cookie yet for a fresh visit is the ticket's job.
  const tab = await context.newPage();
  await visit(tab, `https://${host}/`);
  await editorIn(tab, host);
  step("VS Code is in its own tab", { url: tab.url() });
  await shot(tab, "6-own-tab");
  await tab.close();

  // Stop and start from the page.
  await page.getByRole("button", { name: /^Actions for / }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
  const start = page.getByRole("button", { name: /^start/i }).first();
  await start.waitFor({ timeout: 60_000 });
  await shot(page, "7-stopped");
  step("stopped");
  await start.click();
  frame = await editorIn(page, host);
  await frame.getByRole("treeitem", { name: /notes\.md/ }).first().waitFor({ timeout: 60_000 });
  step("started again; the file is in the explorer");
  await shot(page, "8-again");
  step("done", { problems });
} catch (e) {
  for (const [i, p] of context.pages().entries()) await shot(p, `failed-${i}`).catch(() => {});
  console.log(JSON.stringify({ failed: String(e?.stack ?? e), problems }));
  process.exitCode = 1;
} finally {
  await browser.close().catch(() => {});
}
