// Figures of the pages in a real browser against the stand-in: `node test/figures.mjs`
// prints them as JSON. Times are milliseconds; DIST names another build.
import { launch } from "./browser.mjs";
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

const browser = await launch();
try {
  const figures = { workspaces5000: await rowsOfThousands(browser) };
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await browser.close();
}
