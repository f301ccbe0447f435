// From the first page to the first workspace. Part of flows.test.mjs.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { calls, flow } from "./flow.mjs";

const made = (state) => calls(state, "POST /workspaces").map((c) => c.body);

flow("one click on a template makes a workspace and leads to it", async ({ page, go, state }) => {
  await go("/");
  await page.getByRole("button", { name: "Python" }).click();
  await page.waitForURL(/\/w\//, { waitUntil: "commit" });
  assert.equal(made(state).length, 1);
  assert.equal(made(state)[0].template, "python");
});

flow("a pasted repository is cloned; nonsense is refused in place", async ({ page, go, state }) => {
  await go("/");
  const box = page.getByLabel("Paste a repository");
  await box.fill("what is this?");
  await page.keyboard.press("Enter");
  await page.getByText("This is no address of a repository").waitFor();
  assert.equal(made(state).length, 0);
  await box.fill("https://git.example.com/group/thing.git");
  await page.getByRole("button", { name: "Clone and start" }).click();
  await page.waitForURL(/\/w\//, { waitUntil: "commit" });
  assert.equal(made(state)[0].githubRepo, "https://git.example.com/group/thing.git");
});

flow("what is wrong is looked at again, and a refusal is told", async ({ page, go, state }) => {
  state.broken = ["address"];
  await go("/");
  await page.getByText("*.ws.example.com does not resolve").waitFor();
  state.broken = [];
  await page.getByRole("button", { name: "Check again" }).click();
  await page.getByText("Everything is in order.").waitFor();
  state.failing.set("POST /workspaces", { status: 503, code: "engine_unavailable", detail: "The container engine does not answer." });
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await page.getByText("container engine does not answer").waitFor();
  state.failing.clear();
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await eventually(() => page.url().includes("/w/"), "the second try leads to the workspace");
});
