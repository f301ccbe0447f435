// What people do with many workspaces. Part of flows.test.mjs.
import assert from "node:assert/strict";
import { assertAccessible, eventually } from "./browser.mjs";
import { busyDashboard, everybody, facts } from "./fixtures-dashboard.mjs";
import { gallery, workspace } from "./fixtures.mjs";
import { calls, flow } from "./flow.mjs";

const focused = (locator) => locator.evaluate((el) => el === document.activeElement);
const card = (page, name) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name }) });
const table = (page) => page.getByRole("table", { name: "Workspaces" });
const names = (page) => table(page).getByRole("row").getByRole("link").and(page.locator("[href^='/w/'][title]")).allTextContents();

async function askToDelete(page, name) {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("alertdialog").getByRole("textbox").fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
}

flow("a deletion is taken back, from the toast and from the card", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 1);
  state.grace = 40;
  await go("/");
  await askToDelete(page, "quiet-harbor");
  const timer = card(page, "quiet-harbor").getByRole("timer");
  await timer.getByText("Deleted in").waitFor();
  assert.equal(await page.getByRole("link", { name: "Open quiet-harbor" }).count(), 0);
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.click();
  await undo.waitFor({ state: "detached" }); // it gives the focus back, which would close a menu
  await timer.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Open quiet-harbor" }).waitFor();
  await page.getByText("quiet-harbor is being deleted").waitFor({ state: "detached" }); // it gives the focus back when it goes
  await askToDelete(page, "quiet-harbor");
  await page.getByRole("button", { name: "Keep quiet-harbor" }).click();
  await timer.waitFor({ state: "detached" });
  assert.equal(calls(state, "POST /workspaces/running00001/keep").length, 2);
});

flow("once the time is over a deletion is done, and told when it was too late to take back", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 1);
  state.grace = 6; // long enough to press Keep on a busy machine
  state.failing.set("POST /workspaces/running00001/keep", { status: 409, code: "too_late", detail: "It is being deleted already." });
  await go("/");
  await askToDelete(page, "quiet-harbor");
  await page.getByRole("button", { name: "Keep quiet-harbor" }).click();
  await page.getByText("Could not keep quiet-harbor").waitFor();
  await page.getByText("Your first workspace").waitFor();
});

flow("a start shows at once, and keeps the focus where it was", async ({ page, go, state }) => {
  state.workspaces = [workspace(state.port, { id: "stopped00001", name: "sleeper" })];
  let answer;
  state.hold.set("POST /workspaces/stopped00001/start", new Promise((resolve) => (answer = resolve)));
  await go("/");
  await page.getByRole("button", { name: "Start sleeper" }).press("Enter");
  await card(page, "sleeper").getByText("Starting").waitFor();
  const progress = page.getByRole("link", { name: "Show progress of sleeper" });
  await eventually(() => focused(progress), "the focus is on what took the button's place");
  state.failing.set("POST /workspaces/stopped00001/start", { status: 503, code: "ports_exhausted", detail: "Every pair of ports is in use." });
  answer();
  await page.getByText("Every pair of ports is in use.").waitFor();
  await card(page, "sleeper").getByText("Stopped").waitFor();
});

flow("the table is filtered, sorted, walked through by keyboard, and remembered", async ({ page, go, state }) => {
  busyDashboard(state);
  await go("/");
  await page.getByRole("button", { name: "Table" }).click();
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await eventually(async () => (await names(page))[2] === "api-gateway", "sorted by name");
  assert.equal(await page.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort"), "ascending");
  await page.reload();
  await eventually(async () => (await names(page))[2] === "api-gateway", "the view is kept");
  const link = (name) => table(page).getByRole("link", { name, exact: true });
  await link("api-gateway").focus();
  await page.keyboard.press("ArrowDown");
  await eventually(() => focused(link("bens-notebooks")), "the next row");
  await page.keyboard.press("End");
  await eventually(() => focused(link("vivid-otter")), "the last row");
  await page.getByRole("combobox", { name: "Status" }).selectOption("RUNNING");
  await eventually(async () => (await names(page)).length === 3, "three run");
  await page.getByRole("searchbox").fill("ben");
  await eventually(async () => (await names(page)).join() === "bens-notebooks", "one is of Ben");
  await assertAccessible(page, "the table");
});

flow("several are stopped and deleted at once, after it was told what is lost", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 4);
  state.grace = 40;
  await go("/");
  await page.getByRole("button", { name: "Select" }).click();
  await page.getByRole("checkbox", { name: "Select quiet-harbor" }).check();
  await page.getByRole("checkbox", { name: "Select an exceptionally" }).click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar");
  await bar.getByText("4 chosen").waitFor();
  await bar.getByRole("button", { name: "Stop 3" }).click();
  await page.getByRole("dialog", { name: "Stop 3 workspaces?" }).getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText("3 workspaces are being stopped").waitFor();
  assert.equal(state.calls.filter((c) => c.call.endsWith("/stop")).length, 3);
  await page.getByRole("button", { name: "Select" }).click();
  await page.getByRole("checkbox", { name: "Select quiet-harbor" }).check();
  await page.getByRole("checkbox", { name: "Select payments-service" }).check();
  await bar.getByRole("button", { name: "Delete 2" }).click();
  const question = page.getByRole("alertdialog");
  await question.getByRole("listitem").filter({ hasText: "payments-service" }).waitFor();
  const act = question.getByRole("button", { name: "Delete" });
  assert.equal(await act.isDisabled(), true);
  await question.getByRole("textbox").fill("2");
  await page.keyboard.press("Enter");
  await page.getByText("2 workspaces are being deleted").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await eventually(() => state.calls.filter((c) => c.call.endsWith("/keep")).length === 2, "both are kept");
  await eventually(async () => (await page.getByRole("timer").count()) === 0, "no countdown is left");
});

flow("figures are asked for what runs and is on screen, and not while nobody looks", async ({ page, go, state }) => {
  await page.clock.install();
  state.workspaces = Array.from({ length: 60 }, (_, n) => workspace(state.port, { id: `own${String(n).padStart(9, "0")}`, name: `service-${n}`, status: n % 2 ? "STOPPED" : "RUNNING" }));
  state.facts = Object.fromEntries(state.workspaces.map((w) => [w.id, facts(w.id)]));
  const urls = [];
  page.on("request", (r) => r.url().includes("/workspaces/facts") && urls.push(new URL(r.url())));
  await go("/");
  await page.getByText("service-0", { exact: true }).waitFor();
  const measured = card(page, /^service-0$/).getByText("of 2 GiB");
  await eventually(async () => (await page.clock.runFor(300), (await measured.count()) > 0), "figures come");
  const ids = urls.at(-1).searchParams.getAll("id");
  assert.ok(ids.length > 0 && ids.length < 12, `${ids.length} of 30 running ones are on screen`);
  assert.ok(ids.every((id) => Number(id.slice(3)) % 2 === 0), "only what runs");
  const before = urls.length;
  // In steps: the page asks again only once it was answered, which takes real time.
  await eventually(async () => (await page.clock.runFor(1000), urls.length >= before + 2), "every five seconds");
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  const hidden = urls.length;
  await page.clock.runFor(30_000);
  assert.equal(urls.length, hidden);
});

flow("what is shared offers what its right allows", async ({ page, standIn, go, state }) => {
  busyDashboard(state);
  state.workspaces = [];
  await go("/");
  await page.getByRole("heading", { name: "Shared with me" }).waitFor();
  const mine = card(page, "bens-notebooks");
  await mine.getByText("Ben Ito").waitFor();
  assert.match(await mine.getByRole("link", { name: /8000/ }).getAttribute("href"), /8000-shared000001/);
  await page.getByRole("button", { name: "Actions for bens-notebooks" }).click();
  await page.getByRole("menuitem", { name: "Your access" }).waitFor();
  for (const name of ["Delete…", "Stop…", "Restart", "Open in own tab", "Environment…"]) assert.equal(await page.getByRole("menuitem", { name }).count(), 0, name);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Start api-gateway" }).waitFor();
  await eventually(() => state.events.size === 1, "event stream open");
  standIn.push("workspace.deleted", { id: "shared000001" });
  await mine.waitFor({ state: "detached" });
  standIn.push("workspace", { ...state.shared[0], right: "edit" });
  await card(page, "bens-notebooks").getByText("May edit").waitFor();
});

flow("administrators sort, search and clean up among thousands", async ({ page, go, state }) => {
  state.everybody = everybody(state.port, 5000);
  await go("/admin/workspaces");
  const all = page.getByRole("table", { name: "Workspaces of everybody" });
  await all.getByText("workspace-1", { exact: true }).waitFor();
  assert.equal(await all.getAttribute("aria-rowcount"), "5001");
  assert.ok((await all.getByRole("row").count()) < 60, "only rows near the view are drawn");
  await page.getByRole("button", { name: "Created" }).click();
  await page.getByRole("button", { name: "Created" }).click();
  await all.getByText("workspace-4999", { exact: true }).waitFor();
  for (let n = 0; n < 3; n++) {
    const asked = calls(state, "GET /admin/workspaces").length;
    await eventually(async () => {
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight)); // it grows when a page comes
      return calls(state, "GET /admin/workspaces").length > asked;
    }, "the next page is asked for");
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.getByRole("searchbox").fill("workspace-4242");
  await all.getByText("workspace-4242").waitFor();
  await page.getByText("1 workspace", { exact: true }).waitFor();
  await page.getByRole("checkbox", { name: "Select workspace-4242" }).check();
  await page.getByRole("button", { name: "Stop 1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await all.getByText("Stopping").waitFor();
});
