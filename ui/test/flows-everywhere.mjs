import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { gallery } from "./fixtures.mjs";
import { calls, flow } from "./flow.mjs";

const all = (state) => (state.workspaces = gallery(state.port));
const field = (page) => page.getByRole("combobox", { name: "Search workspaces" });
const options = (page) => page.getByRole("option");
const focusedTag = (page) => page.evaluate(() => document.activeElement?.tagName);

flow("the palette finds, opens, orders and remembers by keyboard alone", async ({ page, go, state }) => {
  all(state);
  await go("/");
  await page.getByText("payments-service").first().waitFor();
  await page.keyboard.press("Control+k");
  await field(page).waitFor();
  await page.keyboard.type("set api tok");
  await eventually(async () => (await options(page).count()) === 1, "one command is found");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/settings#tokens");
  await eventually(() => page.evaluate(() => document.activeElement?.id === "tokens"), "the section has the focus");
  await page.keyboard.press("Control+k");
  await eventually(async () => (await options(page).first().textContent())?.includes("Settings: API tokens"), "what was done last comes first");
  await page.keyboard.type("pay");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  assert.equal(await options(page).first().getAttribute("aria-selected"), "true");
  await page.keyboard.press("Escape");
  await field(page).waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await field(page).waitFor();
  await page.keyboard.type("stop payments-service");
  await eventually(async () => (await options(page).first().textContent())?.includes("Stop payments-service"), "the order is found");
  await page.keyboard.press("Enter");
  await page.getByText("Stop this workspace?").waitFor(); // programs end: it asks
  assert.equal(calls(state, "POST /workspaces/inuse0000001/stop").length, 0);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await eventually(() => calls(state, "POST /workspaces/inuse0000001/stop").length === 1, "the order is given");
});

flow("the language is chosen in the settings, and kept", async ({ page, go }) => {
  await go("/settings");
  await page.getByRole("radio", { name: "Deutsch" }).click();
  await page.getByRole("heading", { name: "Einstellungen", level: 1 }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
  assert.equal(await page.title(), "Einstellungen · Kalpana");
  await page.getByRole("link", { name: "Vorlagen" }).click();
  await page.getByRole("heading", { name: "Vorlagen", level: 1 }).waitFor();
  await eventually(async () => (await focusedTag(page)) === "H1", "reading goes on at the heading");
  await page.reload();
  await page.getByRole("heading", { name: "Vorlagen", level: 1 }).waitFor();
});

flow("the browser's language is spoken when none was chosen", async ({ page, go, state }) => {
  state.signedIn = false;
  await go("/login");
  await page.getByRole("heading", { name: "Bei Kalpana anmelden" }).waitFor();
}, { locale: "de-AT" });

flow("a network that is gone is told, and what was clicked meanwhile is not done later", async ({ page, go, state }) => {
  all(state);
  await go("/settings");
  await page.getByRole("button", { name: "Save profile" }).waitFor();
  await page.context().setOffline(true);
  await page.getByText("Offline since").waitFor();
  await page.getByLabel("Name", { exact: true }).first().fill("Asha R.");
  await page.getByRole("button", { name: "Save profile" }).click();
  await page.getByText("Kalpana does not answer. Check your connection").waitFor();
  await page.context().setOffline(false);
  await page.getByText("Connected again.").waitFor();
  await page.getByText("Connected again.").waitFor({ state: "detached", timeout: 15_000 });
  assert.equal(calls(state, "PATCH /me").length, 0);
});
