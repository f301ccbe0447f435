// What administrators, owners and those they share with do.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { record } from "./fixtures-admin.mjs";
import { calls, flow } from "./flow.mjs";
import { lent, owned } from "./scenes-admin.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const id = "running00001";

flow("a workspace is shared, the right to edit is asked about, and it is ended and given back", async ({ page, go, state }) => {
  owned()(state);
  state.shares = { [id]: [] };
  await go(`/w/${id}/settings`);
  const sharing = page.getByRole("region", { name: "Sharing" });
  await sharing.getByText("Only you can open it.").waitFor();
  await sharing.getByLabel("Email").fill("nobody@elsewhere.test");
  await page.keyboard.press("Enter");
  await sharing.getByRole("alert").getByText("Invite them first").waitFor();
  await sharing.getByLabel("Email").fill("ben@example.com");
  await sharing.getByLabel("How long", { exact: true }).selectOption({ label: "For 7 days" });
  await button(sharing, "Share").click();
  await sharing.getByLabel("What ben@example.com may do").waitFor();
  const [first] = calls(state, `PUT /workspaces/${id}/shares/ben%40example.com`);
  assert.equal(first.body.right, "view");
  const days = (Date.parse(first.body.until) - Date.now()) / 86_400_000;
  assert.ok(days > 6.9 && days <= 7, `ends in ${days} days`);

  await sharing.getByLabel("What ben@example.com may do").selectOption("edit");
  await sharing.getByText("push with your git login").waitFor();
  assert.equal(state.shares[id][0].right, "view", "not before it is confirmed");
  await button(sharing, "Let them edit").click();
  await eventually(() => state.shares[id][0]?.right === "edit", "they may edit");
  assert.equal(state.shares[id][0].until, first.body.until, "the end stays");

  await button(sharing, "Stop sharing with ben@example.com").click();
  await sharing.getByText("Only you can open it.").waitFor();
  await page.getByText("ben@example.com can no longer open it").waitFor();
  await button(page, "Undo").click();
  await eventually(() => state.shares[id][0]?.right === "edit", "it is given back");
});

flow("who is shared with reads along, answers nothing, and leaves", async ({ page, go, state }) => {
  lent("view")(state);
  await go(`/w/${id}/review`);
  await page.getByText("waits for an answer of somebody who may edit").waitFor();
  assert.equal(await page.getByRole("button", { name: /^(Allow|Deny|Refuse|Approve)/ }).count(), 0, "no question is put to who may not answer");
  assert.equal(await page.getByRole("button", { name: /Open port/ }).count(), 0, "no port is offered to who may not open it");
  assert.equal(await page.getByRole("textbox").count(), 0, "nothing to write in");
  // Another turn's words come as they are written.
  const [turn] = state.turns.values();
  turn.text("live", "Twelve tests ", "pass.");
  await page.getByText("Twelve tests pass.").waitFor();
  // A diff and, from it, the whole file.
  await page.getByRole("button", { name: /session\.ts/ }).and(page.locator("[aria-expanded]")).first().click();
  await page.getByText("nobody learns which tokens once existed").waitFor();
  await button(page, "Whole file shop/src/server/session.ts").click();
  await page.getByRole("region", { name: "Text of shop/src/server/session.ts" }).waitFor();
  // Beside it the tree goes on by keyboard.
  const logo = button(page, "logo.png");
  await logo.focus();
  await page.keyboard.press("Enter");
  await page.getByText("This file is no text").waitFor();
  assert.equal(await logo.getAttribute("aria-current"), "true");

  await button(page, "Shared").click();
  const dialog = page.getByRole("dialog", { name: "quiet-harbor is shared with you" });
  await dialog.getByText("Ben Okafor (ben@example.com)").waitFor();
  await button(dialog, "Leave this workspace").click();
  await page.waitForURL((url) => url.pathname === "/");
  assert.equal(calls(state, `DELETE /workspaces/${id}/shares/u1`).length, 1);
});

flow("users are found, limited, suspended and let in again; the last administrator stays", async ({ page, go, state }) => {
  await go("/admin/users");
  await page.getByText("4 accounts").waitFor();
  await page.getByLabel("Search users").fill("ben");
  await page.getByText("1 account", { exact: true }).waitFor();
  await button(page, "Actions for Ben Okafor").click();
  await page.getByRole("menuitem", { name: "Limits" }).click();
  const limits = page.getByRole("dialog", { name: "Limits of Ben Okafor" });
  await limits.getByLabel("Workspaces at most").fill("");
  await limits.getByLabel("Agent, US dollars a day").fill("4,50");
  await button(limits, "Save").click();
  await limits.waitFor({ state: "detached" });
  assert.deepEqual(calls(state, "PATCH /admin/users/u2")[0].body, { maxWorkspaces: null, budget: 4.5 });
  await page.getByText("of $4.50").waitFor();

  await button(page, "Actions for Ben Okafor").click();
  await page.getByRole("menuitem", { name: "Suspend" }).click();
  await button(page.getByRole("alertdialog"), "Suspend").click();
  await page.getByText("Suspended", { exact: true }).waitFor();
  await button(page, "Actions for Ben Okafor").click();
  await page.getByRole("menuitem", { name: "Let in again" }).click();
  await page.getByText("Suspended", { exact: true }).waitFor({ state: "detached" });

  await page.getByLabel("Search users").fill("asha");
  await button(page, "Actions for Asha Rao").click();
  await page.getByRole("menuitem", { name: "Take the role away" }).click();
  const role = page.getByRole("dialog");
  await role.getByText("This is your own account").waitFor();
  await button(role, "Take it away").click();
  await role.getByText("This is the last administrator.").waitFor();
});

flow("the audit log goes on as it is read, and is narrowed to a user by address", async ({ page, go, state }) => {
  state.audit = Array.from({ length: 230 }, (_, n) => record(`r${n}`, n * 60, "workspace.start", { targetName: `workspace ${n}`, ...(n === 210 && { userId: "u9", userName: "Nina" }) }));
  await go("/admin/audit");
  await page.getByText("workspace 99", { exact: true }).scrollIntoViewIfNeeded();
  await page.getByText("workspace 150", { exact: true }).scrollIntoViewIfNeeded();
  await page.getByText("workspace 199", { exact: true }).scrollIntoViewIfNeeded();
  await page.getByText("workspace 210", { exact: true }).click();
  await button(page, "Only what Nina did").click();
  await page.waitForURL(/user=u9/);
  await eventually(async () => (await page.getByRole("button", { name: /workspace \d+/ }).count()) === 1, "only hers");
  await page.reload();
  await page.getByText("Only what Nina did").waitFor();
  await page.getByLabel("From").fill("2026-01-31");
  await page.waitForURL(/since=2026-01-31/);
  await eventually(() => state.calls.some((c) => c.call === "GET /admin/audit"), "asked");
  await button(page, "Everybody").click();
  await page.getByText("workspace 0", { exact: true }).waitFor();
});

flow("the server mends what it can, and says so", async ({ page, go, state }) => {
  await go("/admin");
  await page.getByText("2 things need your attention.").waitFor();
  await button(page, "Have the server mend it: Workspace image").click();
  await page.getByText("1 thing needs your attention.").waitFor();
  assert.equal(calls(state, "POST /admin/health/image/fix").length, 1);
});

flow("a workspace is renamed, resized and given rules on its settings page", async ({ page, go, state }) => {
  owned()(state);
  await go(`/w/${id}/settings`);
  const general = page.getByRole("region", { name: "General" });
  await general.getByLabel("Name").fill("calm-harbor");
  await general.getByLabel("Stop by itself").selectOption({ label: "never" });
  await button(general, "Save").click();
  await page.getByRole("heading", { name: "calm-harbor" }).waitFor();
  assert.deepEqual(calls(state, `PATCH /workspaces/${id}`)[0].body, { name: "calm-harbor", idleTimeout: 0 });

  const size = page.getByRole("region", { name: "Size" });
  await size.getByRole("button", { name: /^Large/ }).click();
  await size.getByLabel("CPUs").fill("many");
  await button(size, "Save").click();
  await size.getByText("Enter a number").waitFor();
  await size.getByLabel("CPUs").fill("1,5");
  await button(size, "Save").click();
  await eventually(() => calls(state, `PATCH /workspaces/${id}`).length === 2, "the size is sent");
  assert.deepEqual(calls(state, `PATCH /workspaces/${id}`)[1].body, { memory: 4 * 2 ** 30, cpu: 1.5e9 });

  const rules = page.getByRole("region", { name: "Rules of the agent" });
  await rules.getByLabel("Rules").fill("deny read secrets/**");
  await button(rules, "Save rules").click();
  await eventually(() => state.rules === "deny read secrets/**", "the rules are kept");

  await page.getByRole("region", { name: "Danger zone" }).getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("alertdialog").waitFor();
  await page.keyboard.press("Escape");
  await eventually(() => page.evaluate(() => document.activeElement?.textContent === "Delete…"), "the focus is back");
});
