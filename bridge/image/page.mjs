// Opens the editor of a workspace in a real Chromium and prints what it shows: "open" when
// the page is there, and then "FILE Ln L, Col C" whenever that changes, and "terminal" once
// one is shown. It ends, and the page with it, when standard input does.
//
// node page.mjs ADDRESS KEY_HEADER KEY
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.resolve(import.meta.dirname, "../../ui/package.json"));
const { chromium } = require("playwright-core");
const [address, header, key] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
let ended = false;
process.stdin.on("end", () => (ended = true)).resume();
const context = await browser.newContext({ extraHTTPHeaders: { [header]: key } });
const page = await context.newPage();
await page.goto(`http://${address}/?folder=/workspace`);
await page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: 120_000 });
console.log("open");

let last = "";
let terminal = false;
while (!ended) {
  const now = await page.evaluate(() => {
    const tab = document.querySelector(".tab.active")?.textContent ?? "";
    const at = [...document.querySelectorAll(".statusbar-item")].map((e) => e.textContent).find((t) => t.startsWith("Ln ")) ?? "";
    return `${tab} ${at}`;
  });
  if (now !== last) console.log((last = now));
  if (!terminal && (await page.locator(".terminal-wrapper.active .xterm").count()) > 0) {
    terminal = true;
    console.log("terminal");
  }
  await page.waitForTimeout(50);
}
await browser.close();
