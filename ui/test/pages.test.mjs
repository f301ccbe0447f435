// Every page in a real browser: nothing throws, nothing is refused by the content
// security policy, nothing overflows, axe finds no fault; light and dark, wide and
// narrow. SHOTS=1 leaves a picture of each in test/shots.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, colours, forget, launch, newPage, openContext, settled } from "./browser.mjs";
import { scenes } from "./scenes.mjs";
import { startStandIn } from "./standin.mjs";

const shots = new URL("shots/", import.meta.url).pathname;
const views = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

let browser;
/** One for each view, for all scenes: what a browser has compiled once it need not compile again. */
const stages = {};
before(async () => {
  browser = await launch();
  for (const view of Object.keys(views)) {
    stages[view] = { standIn: await startStandIn(), context: await openContext(browser, { viewport: views[view], colorScheme: "light" }) };
  }
  if (process.env.SHOTS) mkdirSync(shots, { recursive: true });
});
after(async () => {
  await browser?.close();
  for (const { standIn } of Object.values(stages)) await standIn.close();
});

for (const scene of scenes) {
  // The two views beside each other.
  test(scene.name, () => Promise.all(Object.keys(views).map((view) => look(scene, view))));
}

async function look(scene, view) {
  const { standIn, context } = stages[view];
  standIn.reset();
  const page = await newPage(context);
  try {
    await forget(page, standIn.origin);
    scene.given?.(standIn.state);
    await page.goto(standIn.origin + scene.path);
    await scene.act?.(page);
    await page.getByText(scene.see).first().waitFor();
    await check(page, `${scene.name}-${view}-light`);
    // Colours do not depend on the width: the second theme is looked at in one of the views.
    if (view === "wide") await dark(page, scene);
    assert.deepEqual(page.faults, [], `${scene.name} ${view}`);
  } finally {
    await page.close();
  }
}

async function dark(page, scene) {
  // A colour that is inherited through several elements would pass on frame by frame.
  await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important; }" });
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await page.locator("html.dark").waitFor();
  await settled(page);
  await check(page, `${scene.name}-wide-dark`, colours);
}

async function check(page, name, rules) {
  if (process.env.SHOTS) {
    await settled(page);
    await page.screenshot({ path: `${shots}${name}.png`, fullPage: true });
  }
  await assertFits(page, name);
  await assertAccessible(page, name, rules);
}
