import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "./browser.mjs";
import { startStandIn } from "./standin.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A test with a page and a stand-in of its own. */
export function flow(name, run, options = {}) {
  test(name, async () => {
    const standIn = await startStandIn();
    const page = await openPage(browser, options);
    page.setDefaultTimeout(30_000);
    const go = (path) => page.goto(standIn.origin + path);
    try {
      await run({ page, standIn, go, state: standIn.state });
      assert.deepEqual(page.faults, []);
    } finally {
      await page.context().close();
      await standIn.close();
    }
  });
}

/** The requests of one kind that came, oldest first. */
export const calls = (state, call) => (state.calls ?? []).filter((c) => c.call === call);
