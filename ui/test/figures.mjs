// Figures of the pages in a real browser against the stand-in: `node test/figures.mjs`
// prints them as JSON. Times are milliseconds, sizes 1,000 bytes; DIST names another build.
import { gzipSync } from "node:zlib";
import { launch } from "./browser.mjs";
import { gallery } from "./fixtures.mjs";
import { everybody } from "./fixtures-dashboard.mjs";
import { startStandIn } from "./standin.mjs";

const rounds = 5;

/** The middle one of an odd number of values. */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs in the page: writes down when ten rows are painted. */
function noteFirstRows() {
  requestAnimationFrame(() => {
    if (!document.querySelector('[role="row"][data-index="9"]')) return noteFirstRows();
    // The frame they came in is painted when the next one begins.
    requestAnimationFrame(() => (window.firstRows = performance.now()));
  });
}

/**
 * From the navigation to the first rows of 5,000 workspaces painted, with the files in
 * the browser's cache, and how many rows are drawn.
 */
async function rowsOfThousands(browser) {
  const standIn = await startStandIn();
  standIn.state.everybody = everybody(standIn.state.port, 5000);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const times = [];
    let rows = 0;
    for (let n = 0; n <= rounds; n++) {
      const page = await context.newPage();
      await page.addInitScript(noteFirstRows);
      await page.goto(`${standIn.origin}/admin/workspaces`);
      const time = await (await page.waitForFunction(() => window.firstRows)).jsonValue();
      rows = await page.locator('[role="row"]').count();
      if (n > 0) times.push(time); // the first one fills the cache
      await page.close();
    }
    return { firstRowsMs: Math.round(median(times)), worstMs: Math.round(Math.max(...times)), rowsDrawn: rows };
  } finally {
    await context.close();
    await standIn.close();
  }
}

/** The bytes a browser fetches for a page, as the server sends them compressed. */
async function fetched(browser, path, given, ready) {
  const standIn = await startStandIn();
  given(standIn.state);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const sizes = [];
    page.on("response", (response) => {
      const url = new URL(response.url());
      if (url.hostname !== "ws.localhost" || url.pathname.startsWith("/api/") || response.status() !== 200) return;
      sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    await page.goto(standIn.origin + path);
    await ready(page);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return { kB: Math.round(bytes / 100) / 10, files: sizes.length };
  } finally {
    await context.close();
    await standIn.close();
  }
}

/** An answer of 20 kB in 400 pieces, 50 a second: the longest task of the page meanwhile. */
async function streaming(browser) {
  const standIn = await startStandIn();
  const { state } = standIn;
  state.workspaces = gallery(state.port).filter((w) => w.id === "running00001");
  const paragraph = "The *quick* brown fox `jumps` over the lazy dog, and **then** some.\n\n- one\n- two\n\n";
  const text = paragraph.repeat(Math.ceil(20_000 / paragraph.length)).slice(0, 20_000);
  state.agentTurn = async (turn) => {
    turn.send({ type: "start-step" }, { type: "text-start", id: "t" });
    for (let at = 0; at < text.length; at += 50) {
      turn.send({ type: "text-delta", id: "t", delta: text.slice(at, at + 50) });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    turn.send({ type: "text-end", id: "t" }, { type: "finish-step" });
  };
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(`${standIn.origin}/w/running00001`);
    await page.getByRole("textbox", { name: "Message" }).fill("Tell me all");
    await page.evaluate(() => {
      window.longest = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
      }).observe({ type: "longtask" });
    });
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor({ state: "detached", timeout: 60_000 });
    return { longestTaskMs: Math.round(await page.evaluate(() => window.longest)) };
  } finally {
    await context.close();
    await standIn.close();
  }
}

const browser = await launch();
try {
  const figures = {
    firstVisit: await fetched(browser, "/", (s) => (s.workspaces = gallery(s.port)), (page) => page.getByText("Agent at work").waitFor()),
    workspacePage: await fetched(browser, "/w/running00001", (s) => (s.workspaces = gallery(s.port)), (page) => page.getByRole("textbox", { name: "Message" }).waitFor()),
    workspaces5000: await rowsOfThousands(browser),
    streaming20kB: await streaming(browser),
  };
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await browser.close();
}
