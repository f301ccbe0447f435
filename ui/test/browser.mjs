import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Debian builds both from one source. The shell has no windows, tabs and menus of its own, which take two thirds of the time of a short visit. */
const programs = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** Starts what CHROMIUM names, or else the first of `programs` that is there. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? programs.find((program) => existsSync(program)),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export function openContext(browser, options = {}) {
  return browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", locale: "en-GB", ...options });
}

/** A page in a browser of its own; see newPage. */
export async function openPage(browser, options) {
  return newPage(await openContext(browser, options));
}

/** Empties what an origin has stored in the browser of the page. */
export async function forget(page, origin) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Storage.clearDataForOrigin", { origin, storageTypes: "cookies,local_storage,indexeddb,service_workers" });
  await cdp.detach();
}

/** A page that remembers what should not happen: exceptions and refused resources. */
export async function newPage(context) {
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (/Content.Security.Policy|Refused to/i.test(message.text())) page.faults.push(message.text());
  });
  return page;
}

const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What another theme can change: the same page was looked at whole in the first one. */
export const colours = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/** Fails with every accessibility fault of WCAG 2 A and AA that axe can see, or only with those of some rules. */
export async function assertAccessible(page, name, runOnly = everything) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(async (rules) => {
    const result = await window.axe.run(document, { runOnly: rules, iframes: false, resultTypes: ["violations"] });
    return result.violations.map((v) => `${v.id}: ${v.help}\n    ${v.nodes.map((n) => `${n.target.join(" ")} ${n.failureSummary}`).join("\n    ")}`);
  }, runOnly);
  assert.deepEqual(found, [], `${name}: accessibility`);
}

/** Waits until what changed is painted and every transition has ended; what turns for ever may go on. */
export async function settled(page) {
  await page.evaluate(async () => {
    // Transitions begin with the first frame, and what they end in is painted with another.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const finite = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(finite.map((a) => a.finished));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

export async function assertFits(page, name) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= view, `${name}: ${content} px wide in a view of ${view} px`);
  const cut = await page.evaluate(() => [...document.querySelectorAll("header nav")].some((nav) => nav.scrollWidth > nav.clientWidth));
  assert.ok(!cut, `${name}: the navigation is cut`);
}

/** Waits until check() is true; the browser and the stand-in run on their own, on a machine that may be busy. */
export async function eventually(check, what, withinMs = 15_000) {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`${what}: not within ${withinMs} ms`);
}
