// A workspace's code: what a start had to say, what happens at the repository, and what is not pushed.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { cloneProblem, events, notices, onRepository, unpushed } from "./fixtures-github.mjs";
import { calls, flow } from "./flow.mjs";

const id = "code00000001";
const page1 = `/w/${id}`;
const one = (state, changes) => (state.workspaces = [onRepository(state.port, changes)]);
const choose = async (page, item) => {
  await page.getByRole("button", { name: "Actions for payments" }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

flow("notices stay away once hidden, until another start has the same to say", async ({ page, standIn, go, state }) => {
  const [workspace] = one(state, { notices, clone: { state: "failed", problem: cloneProblem } });
  await go(page1);
  const list = page.getByRole("list", { name: "About this start" });
  await list.getByText("The Nix cache could not be reached").waitFor();
  await list.getByRole("button", { name: "Try the clone again" }).click();
  await page.getByText("Cloning again").waitFor();
  assert.equal(calls(state, `POST /workspaces/${id}/clone`).length, 1);
  await list.getByRole("button", { name: "Hide: Tools are missing" }).click();
  await list.getByText("The Nix cache").waitFor({ state: "detached" });
  await page.reload();
  await list.getByText("The repository is not here").waitFor();
  assert.equal(await list.getByText("The Nix cache").count(), 0);
  await eventually(() => state.events.size > 0, "event stream open");
  standIn.push("workspace", { ...workspace, containerId: "c2", updatedAt: new Date(Date.now() + 5000).toISOString() });
  await list.getByText("The Nix cache could not be reached").waitFor();
  standIn.push("workspace", { ...workspace, containerId: "c2", notices: [], clone: { state: "done", problem: "" }, updatedAt: new Date(Date.now() + 9000).toISOString() });
  await list.waitFor({ state: "detached" });
});

flow("what happens at the repository shows as it happens", async ({ page, standIn, go, state }) => {
  one(state);
  state.happened = events.slice(1);
  await go(page1);
  const button = page.getByRole("button", { name: "Repository" });
  await button.waitFor();
  await eventually(() => state.events.size === 1, "event stream open");
  await button.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(events[1].title).waitFor(); // what was there before is no news
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.getByText("(something happened)").count(), 0);
  state.happened = events;
  standIn.push("repository", { workspaceId: id, event: events[0] });
  await page.getByText("(something happened)").waitFor({ state: "attached" });
  await button.click();
  await dialog.getByText("Pull request #7 opened from").waitFor();
  const pull = dialog.getByRole("link", { name: "Add receipts by post" });
  assert.equal(await pull.getAttribute("href"), "https://github.com/asha/payments/pull/7");
  assert.equal(await dialog.getByRole("link", { name: "javascript is no address" }).count(), 0);
  const badge = await dialog.getByRole("textbox", { name: "Badge in Markdown" }).inputValue();
  assert.equal(badge, `[![Open in Kalpana](${standIn.origin}/badge.svg)](${standIn.origin}/new?repo=asha%2Fpayments&branch=feature%2Freceipts)`);
  assert.equal(await page.getByText("(something happened)").count(), 0);
});

flow("a stop is told what is not pushed and needs one key", async ({ page, go, state }) => {
  one(state);
  state.unpushed = unpushed;
  await go(page1);
  await choose(page, "Stop");
  await page.getByRole("dialog").getByText("2 commits on main").waitFor();
  assert.equal(calls(state, `POST /workspaces/${id}/stop`).length, 0);
  await page.keyboard.press("Enter");
  await page.getByText("Stopping your workspace").waitFor();
  assert.equal(calls(state, `POST /workspaces/${id}/stop`).length, 1);
});

flow("a deletion is told what is lost, and is not held up by not knowing", async ({ page, go, state }) => {
  one(state);
  state.unpushed = unpushed;
  await go("/");
  await choose(page, "Delete");
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("4 files not committed, 1 stash").waitFor();
  await dialog.getByRole("button", { name: "Delete anyway" }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  state.failing.set(`GET /workspaces/${id}/unpushed`, { status: 502, code: "workspace_unreachable", detail: "The workspace does not answer." });
  await choose(page, "Delete");
  await dialog.getByText("could not be found out whether everything is pushed").waitFor();
  await dialog.getByRole("textbox").fill("payments");
  await page.keyboard.press("Enter");
  await page.getByText("Your first workspace").waitFor();
  assert.equal(calls(state, `DELETE /workspaces/${id}`).length, 1);
});

flow("the dashboard asks only workspaces that do not run for what is not pushed", async ({ page, go, state }) => {
  state.workspaces = [onRepository(state.port), onRepository(state.port, { id: "code00000002", name: "stopped", status: "STOPPED" })];
  state.unpushed = { ...unpushed, live: false, asOf: new Date().toISOString() };
  await go("/");
  await page.getByText("4 commits, 4 files, and 1 stash not pushed").waitFor();
  assert.equal(calls(state, "GET /workspaces/code00000002/unpushed").length, 1);
  assert.equal(calls(state, `GET /workspaces/${id}/unpushed`).length, 0);
});
