// What the scripts that drive a real Chromium share: the connection, steps, and patience.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import assert from "node:assert/strict";
import { createInterface } from "node:readline";

const require = createRequire(path.resolve(import.meta.dirname, "../../ui/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const [cdp, link, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });

// Attached over CDP to a plainly started browser, because Playwright's own switches change
// how browsers partition storage.
const browser = await chromium.connectOverCDP(cdp);
export const context = browser.contexts()[0];
export const problems = [];
const began = Date.now();
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Prints one JSON line, and waits for the test if more.wait is set. */
export async function step(name, more = {}) {
  console.log(JSON.stringify({ step: name, ms: Date.now() - began, ...more }));
  if (more.wait) await input.next();
}

export const shot = (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`) });

/** The first true value of check. */
export async function until(what, check, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((r) => setTimeout(r, 50))) {
    const value = await check();
    if (value) return value;
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

/** Chromium gives up what is loading whenever a network interface comes or goes, as those
    of containers do; a person would press reload. */
export async function visit(page, url) {
  for (let tries = 5; ; tries--) {
    try {
      return await page.goto(url);
    } catch (e) {
      if (tries === 0 || !String(e).includes("ERR_NETWORK_CHANGED")) throw e;
    }
  }
}

export async function newPage() {
  const page = await context.newPage();
  page.on("pageerror", (e) => problems.push(`page error: ${e.message}`));
  page.on("console", (m) => {
    if (page.url() === m.location().url && /Content.Security.Policy|Refused to/i.test(m.text())) problems.push(m.text());
  });
  await page.setViewportSize({ width: 1280, height: 800 });
  return page;
}

/** The editor's frame in the page, once VS Code is there. */
export async function editor(page) {
  let frame;
  await until("VS Code is in the page", async () => {
    frame = page.frames().find((f) => /^https:\/\/[a-z0-9]{12}\.ws\./.test(f.url()));
    return frame && (await frame.locator(".monaco-workbench .part.editor").count().catch(() => 0)) > 0;
  }, 120);
  return frame;
}

/** Runs a command of VS Code by its palette. The list shows what there was when something was
    typed last, and commands come as VS Code gets ready: it is typed again until it is there. */
export async function command(page, frame, name) {
  const box = frame.locator(".quick-input-widget input.input");
  const found = frame.locator(".quick-input-list .monaco-list-row", { has: frame.getByText(name, { exact: true }) }).first();
  await until(`VS Code has the command ${name}`, async () => {
    if (!(await box.isVisible())) {
      await frame.locator(".monaco-workbench").focus();
      await page.keyboard.press("F1");
      await box.waitFor({ state: "visible" });
    }
    await box.fill(`>${name}`);
    return found.waitFor({ timeout: 2000 }).then(() => true, async () => {
      await box.fill(">");
      return false;
    });
  });
  await found.click();
}

/** A call of the API with the browser's own session. */
export const api = (page, method, at, body) =>
  page.evaluate(async ([method, at, body]) => {
    const answer = await fetch(`/api/v1${at}`, { method, body: body && JSON.stringify(body), headers: body && { "Content-Type": "application/json" } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }, [method, at, body]);

// Runs in the page: what axe finds.
async function faults() {
  const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], iframes: false });
  return violations.map((v) => `${v.id}: ${v.help} ${v.nodes.map((n) => n.target.join(" "))}`);
}

/** axe finds nothing in both themes; a picture of each. */
export async function accessible(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe);
    // Colours follow the theme a moment later: a fault is one that stays.
    let found;
    for (let tries = 0; tries < 10; tries++) {
      await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
      found = await page.evaluate(faults);
      if (found.length === 0) break;
      await new Promise((r) => setTimeout(r, 200));
    }
    assert.deepEqual(found, [], `accessibility of ${name}, ${colorScheme}`);
    await shot(page, `${name}-${colorScheme}`);
  }
}

/** Runs a whole script: what it throws is its last line, with a picture of every page. */
export async function play(name, script) {
  try {
    await script();
    await step("done", { problems });
  } catch (e) {
    await Promise.all(context.pages().map((p, i) => shot(p, `${name}-failed-${i}`).catch(() => {})));
    await step("failed", { failed: String(e?.stack ?? e).slice(0, 3000), problems });
    process.exitCode = 1;
  }
  await browser.close().catch(() => {});
  process.exit();
}
