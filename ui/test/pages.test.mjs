// Every page in a real browser: nothing throws, nothing is refused by the content
// security policy, nothing overflows, axe finds no fault; light and dark, wide and
// narrow. SHOTS=1 leaves a picture of each in test/shots.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, launch, openPage } from "./browser.mjs";
import { scenes } from "./scenes.mjs";
import { startStandIn } from "./standin.mjs";

const shots = new URL("shots/", import.meta.url).pathname;
const looks = [
  { name: "wide-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "wide-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "narrow-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "narrow-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
];

let browser;
before(async () => {
  browser = await launch();
  if (process.env.SHOTS) mkdirSync(shots, { recursive: true });
});
after(() => browser?.close());

for (const scene of scenes) {
  test(scene.name, async () => {
    for (const { name: look, ...options } of looks) {
      const name = `${scene.name} ${look}`;
      const standIn = await startStandIn();
      const page = await openPage(browser, options);
      try {
        scene.given?.(standIn.state);
        await page.goto(standIn.origin + scene.path);
        await scene.act?.(page);
        await page.getByText(scene.see).first().waitFor();
        if (process.env.SHOTS) {
          await page.waitForTimeout(150); // a picture of the end of every transition
          await page.screenshot({ path: `${shots}${scene.name}-${look}.png`, fullPage: true });
        }
        await assertFits(page, name);
        await assertAccessible(page, name);
        assert.deepEqual(page.faults, [], name);
      } finally {
        await page.context().close();
        await standIn.close();
      }
    }
  });
}
