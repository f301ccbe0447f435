// What people do with the pages, in a real browser against the stand-in.
import assert from "node:assert/strict";
import { assertFits, eventually } from "./browser.mjs";
import { gallery, me, workspace } from "./fixtures.mjs";
import { calls, flow } from "./flow.mjs";
import "./flows-admin.mjs";
import "./flows-chat.mjs";
import "./flows-code.mjs";
import "./flows-everywhere.mjs";
import "./flows-dashboard.mjs";
import "./flows-new.mjs";
import "./flows-ports.mjs";
import "./flows-preview.mjs";
import "./flows-settings.mjs";
import "./flows-setup.mjs";
import "./flows-templates.mjs";

const path = (page) => {
  const url = new URL(page.url());
  return url.pathname + url.search;
};
const card = (page, name) => page.getByRole("listitem").filter({ hasText: name });

flow("a workspace is created by keyboard and its editor appears by itself", async ({ page, standIn, go, state }) => {
  await go("/");
  await page.getByRole("link", { name: "choose everything yourself" }).focus();
  await page.keyboard.press("Enter");
  const name = page.getByRole("textbox", { name: "Name" });
  await eventually(async () => /^[a-z]+-[a-z]+$/.test(await name.inputValue()), "a name is suggested");
  await name.focus();
  await page.keyboard.type("my-first"); // replaces the suggestion, which is selected
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // more options
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowRight", { delay: 80 }); // as long as a finger stays
  await page.getByRole("button", { name: "Create and start" }).press("Enter");
  await page.getByText("waiting for VS Code to answer").waitFor();
  const [{ body, headers }] = calls(state, "POST /workspaces");
  assert.deepEqual(body, { name: "my-first", memory: 2 * me.defaults.memory, cpu: 2 * me.defaults.cpu });
  assert.match(headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  const [made] = state.workspaces;
  assert.equal(path(page), `/w/${made.id}`);
  standIn.push("workspace", { ...made, status: "RUNNING", containerId: "c9", updatedAt: new Date().toISOString() });
  // The frame goes over the editor's host, the main origin and back; see startStandIn.
  const editor = page.frameLocator("iframe");
  await editor.getByText(`Editor of ${made.id}`).waitFor();
  assert.equal(await editor.locator("#storage").textContent(), "kept");
});

flow("a restart shows the new container's editor", async ({ page, standIn, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 1);
  const [running] = state.workspaces;
  await go(`/w/${running.id}`);
  const frame = page.locator("iframe");
  await frame.waitFor();
  await page.getByRole("button", { name: "Actions for" }).click();
  await page.getByRole("menuitem", { name: "Restart" }).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.equal(await frame.count(), 0);
  standIn.push("workspace", { ...running, status: "RUNNING", containerId: "c77", updatedAt: new Date().toISOString() });
  await frame.waitFor();
});

flow("cards follow events, and older news do not overwrite newer", async ({ page, standIn, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 2);
  const [first, second] = state.workspaces;
  await go("/");
  await card(page, first.name).getByText("Running").waitFor();
  await eventually(() => state.events.size === 1, "event stream open");
  const later = { ...first, status: "ERROR", statusReason: "Out of memory.", updatedAt: new Date(Date.now() + 1000).toISOString() };
  standIn.push("workspace", later);
  await card(page, first.name).getByText("Out of memory.").waitFor();
  standIn.push("workspace", { ...first, status: "STOPPING" });
  standIn.push("workspace.deleted", { id: second.id });
  await card(page, second.name).waitFor({ state: "detached" });
  assert.equal(await card(page, first.name).getByText("Out of memory.").count(), 1);
  standIn.push("workspace", workspace(state.port, { name: "from-elsewhere", createdAt: new Date().toISOString() }));
  await card(page, "from-elsewhere").waitFor();
});

flow("a broken event stream is told, mended, and what was missed is fetched", async ({ page, standIn, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 1);
  await go("/");
  await eventually(() => state.events.size === 1, "event stream open");
  state.failing.set("GET /events", { status: 503, code: "unavailable", detail: "Not now." });
  standIn.cut();
  await page.getByText("Reconnecting").waitFor();
  state.workspaces.push(workspace(state.port, { name: "meanwhile" }));
  state.failing.clear();
  await card(page, "meanwhile").waitFor({ timeout: 30_000 });
  await page.getByText("Reconnecting").waitFor({ state: "detached" });
});

flow(
  "a narrow page has room for the word that the stream is broken",
  async ({ page, standIn, go, state }) => {
    await go("/");
    await eventually(() => state.events.size === 1, "event stream open");
    state.failing.set("GET /events", { status: 503, code: "unavailable", detail: "Not now." });
    standIn.cut();
    await page.getByRole("status").getByText("Reconnecting").waitFor();
    await assertFits(page, "reconnecting");
  },
  { viewport: { width: 360, height: 700 } },
);

flow("signing in leads back to where one wanted to go", async ({ page, go, state }) => {
  state.signedIn = false;
  state.workspaces = gallery(state.port);
  await go("/w/running00001");
  await page.getByLabel("Email").fill("asha@example.com");
  assert.equal(path(page), "/login?return=%2Fw%2Frunning00001");
  assert.equal(await page.getByRole("link", { name: "GitHub" }).getAttribute("href"), "/auth/github?return=%2Fw%2Frunning00001");
  await page.getByLabel("Password").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("Email or password is wrong.").waitFor();
  await page.getByLabel("Password").fill("correct horse battery");
  await page.keyboard.press("Enter");
  await page.frameLocator("iframe").getByText("Editor of running00001").waitFor();
  assert.equal(path(page), "/w/running00001");
});

flow("signing in leads to no other site", async ({ page, go, state }) => {
  for (const wanted of ["//evil.example/", "/\\evil.example", "https://evil.example/", "/.//evil.example"]) {
    state.signedIn = false;
    await go(`/login?return=${encodeURIComponent(wanted)}`);
    await page.getByLabel("Email").fill("asha@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByText("Your first workspace").waitFor();
    assert.equal(path(page), "/", wanted);
  }
});

flow("a login for an editor's host goes on through the ticket", async ({ page, go, state }) => {
  state.signedIn = false;
  await go(`/login?return=${encodeURIComponent("/auth/ticket?id=running00001")}`);
  await page.getByLabel("Email").fill("asha@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.keyboard.press("Enter");
  await page.getByText("Editor of running00001").waitFor();
});

flow("an invitation is carried to the form and to the providers", async ({ page, go, state }) => {
  state.signedIn = false;
  await go("/signup?invitation=12345");
  assert.equal(await page.getByRole("link", { name: "GitHub" }).getAttribute("href"), "/auth/github?invitation=12345");
  await page.getByLabel("Name").fill("Ben");
  await page.getByLabel("Email").fill("taken@example.com");
  await page.getByLabel("Password").fill("twelve letters");
  await page.keyboard.press("Enter");
  await page.getByText("There is an account with this email already").waitFor();
  await page.getByLabel("Email").fill("ben@example.com");
  await page.keyboard.press("Enter");
  await page.getByText("Your first workspace").waitFor();
  assert.equal(calls(state, "POST /auth/signup").at(-1).body.invitation, "12345");
});

flow("a login that ends under an open page leads to the login page and back", async ({ page, standIn, go, state }) => {
  await go("/settings");
  await page.getByText("deploy script").waitFor();
  await eventually(() => state.events.size === 1, "event stream open");
  state.signedIn = false;
  standIn.cut(); // as the server does when the session ends
  await page.getByRole("heading", { name: "Sign in to Kalpana" }).waitFor();
  assert.equal(path(page), "/login?return=%2Fsettings");
});

flow("signing out leads to the login page", async ({ page, go }) => {
  await go("/");
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Kalpana" }).waitFor();
  await go("/");
  await page.getByRole("heading", { name: "Sign in to Kalpana" }).waitFor();
});

flow("deleting wants the name, and Escape gives the focus back", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 1);
  state.grace = 0;
  await go("/");
  const menu = page.getByRole("button", { name: "Actions for quiet-harbor" });
  const open = async () => {
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Delete…" }).press("Enter");
    await page.getByRole("alertdialog").waitFor();
  };
  await open();
  await page.keyboard.press("Escape");
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
  await eventually(() => menu.evaluate((el) => el === document.activeElement), "focus is back on the menu");
  await open();
  const act = page.getByRole("button", { name: "Delete workspace" });
  await page.keyboard.type("quiet-harbo");
  assert.equal(await act.isDisabled(), true);
  await page.keyboard.type("r");
  await page.keyboard.press("Enter");
  await page.getByText("Your first workspace").waitFor();
  assert.equal(calls(state, "DELETE /workspaces/running00001").length, 1);
});

flow("a refused order is told and changes nothing", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port).slice(3, 4);
  state.failing.set("POST /workspaces/stopped00001/start", { status: 503, code: "ports_exhausted", detail: "Every pair of ports is in use." });
  await go("/");
  await page.getByRole("button", { name: "Start an exceptionally" }).click();
  await page.getByText("Every pair of ports is in use.").waitFor();
  await page.getByRole("listitem").getByText("Stopped", { exact: true }).waitFor();
});

flow("renaming sends only what was changed, and wrong fields are told in place", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port).slice(0, 1);
  await go("/");
  await page.getByRole("button", { name: "Actions for quiet-harbor" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("loud-harbor");
  await page.getByRole("button", { name: "Save" }).click();
  await card(page, "loud-harbor").waitFor();
  assert.deepEqual(calls(state, "PATCH /workspaces/running00001")[0].body, { name: "loud-harbor" });
  await page.getByRole("link", { name: "New workspace" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("taken up");
  await page.keyboard.press("Enter");
  await page.getByText("Choose another name.").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid"), "true");
});

flow("nobody creates more workspaces than allowed", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port);
  await go("/");
  await page.getByText("5 of 5 workspaces used. Delete one").waitFor();
  assert.equal(await page.getByRole("button", { name: "New workspace" }).isDisabled(), true);
});

flow("a token is shown once", async ({ page, go }) => {
  await go("/settings");
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("laptop");
  await page.getByRole("button", { name: "Create token" }).click();
  const secret = page.getByRole("textbox", { name: "Token" });
  assert.match(await secret.inputValue(), /^kal_/);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("laptop").waitFor();
  assert.equal((await page.content()).includes("kal_Zm9vYmFy"), false);
});

flow("a new email needs the password, and a wrong one is told in place", async ({ page, go, state }) => {
  await go("/settings");
  const profile = page.getByRole("region", { name: "Profile" });
  await profile.getByLabel("Email").fill("new@example.com");
  await profile.getByLabel("Current password").fill("wrong");
  await page.keyboard.press("Enter");
  await profile.getByText("That is not your password.").waitFor();
  await profile.getByLabel("Current password").fill("right");
  await page.keyboard.press("Enter");
  await page.getByText("Profile saved").waitFor();
  assert.deepEqual(calls(state, "PATCH /me").at(-1).body, { email: "new@example.com", currentPassword: "right" });
});

flow("the theme is kept and there before anything else", async ({ page, go }) => {
  await go("/settings");
  await page.getByRole("radio", { name: "Dark" }).click();
  const isDark = () => page.evaluate(() => document.documentElement.classList.contains("dark"));
  await eventually(isDark, "dark at once");
  await page.route(/assets\/(index|react)-.*\.js/, (route) => route.abort()); // the application never runs
  await page.reload();
  assert.equal(await isDark(), true);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor !== "rgb(255, 255, 255)"), true);
});

flow("people who are no administrators see no invitations", async ({ page, go, state }) => {
  state.me = structuredClone(me);
  state.me.user.admin = false;
  await go("/admin/invitations");
  await page.getByText("There is no such page").waitFor();
  assert.equal(await page.getByRole("link", { name: "Admin" }).count(), 0);
  assert.equal(calls(state, "GET /invitations").length, 0);
});

flow("a skip link leads past the header, and links move the focus to the new page", async ({ page, go }) => {
  await go("/");
  await page.getByText("Your first workspace").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const focused = () => page.evaluate(() => document.activeElement?.id);
  assert.equal(await focused(), "content");
  await page.getByRole("link", { name: "Templates", exact: true }).press("Enter");
  await page.getByRole("heading", { name: "Templates", level: 1 }).waitFor();
  await eventually(() => page.evaluate(() => document.activeElement?.tagName === "H1"), "reading goes on at the heading");
});
