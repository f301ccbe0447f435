// Making a workspace: repository, branch, template, and links that ask for them.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { gallery } from "./fixtures.mjs";
import { githubStatus } from "./fixtures-github.mjs";
import { calls, flow } from "./flow.mjs";

const box = (page) => page.getByRole("combobox", { name: "Repository" });
const create = (page) => page.getByRole("button", { name: "Create and start" });
const name = (page) => page.getByRole("textbox", { name: "Name" });
const made = (state) => calls(state, "POST /workspaces").map((c) => c.body);
const queries = (state) => calls(state, "GET /github/repos").length;
const link = (query) => `/new?${new URLSearchParams(query)}`;

flow("a repository is found, a branch chosen and a workspace made by keyboard alone", async ({ page, go, state }) => {
  await go("/new");
  await box(page).focus();
  await page.getByText("asha/notes").waitFor();
  const before = queries(state);
  await page.keyboard.type("compil", { delay: 20 });
  await page.getByText("asha/notes").waitFor({ state: "detached" });
  assert.ok(queries(state) - before <= 2, "one question for what was typed, not one a letter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const branch = page.getByLabel("Branch");
  await page.getByText("Rust. The repository has Cargo.toml: Rust.").waitFor();
  assert.equal(await name(page).inputValue(), "compiler");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Change the repository");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "main" }).waitFor();
  await page.keyboard.type("#42");
  await page.getByRole("option", { name: "main" }).waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.match(await branch.textContent(), /feature\/#42-überprüfung&more=yes\?no/);
  await create(page).press("Enter");
  await page.getByText("Starting your workspace").waitFor();
  assert.deepEqual(made(state), [{ name: "compiler", githubRepo: "asha/compiler", branch: "feature/#42-überprüfung&more=yes?no" }]);
  assert.equal(new URL(page.url()).pathname, `/w/${state.workspaces[0].id}`);
});

flow("a connection that is lost while a workspace is made costs nothing: the same is asked again", async ({ page, go, state }) => {
  await go(link({ repo: "https://github.com/asha/payments", template: "go" }));
  const keys = [];
  await page.route("**/api/v1/workspaces", (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    keys.push(route.request().headers()["idempotency-key"]);
    return keys.length < 3 ? route.abort("internetdisconnected") : route.fallback();
  });
  await create(page).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.equal(made(state).length, 1);
  assert.ok(keys[0] && keys.every((key) => key === keys[0]), `one key: ${keys}`);
});

flow("a link fills the form and creates nothing by itself", async ({ page, go, state }) => {
  await go(link({ repo: "https://github.com/asha/payments/tree/release/1.7", template: "go" }));
  await page.getByText("Nothing is made until you press Create").waitFor();
  await page.getByText("Takes money").waitFor();
  assert.equal(await page.getByRole("radio", { name: /^Go/ }).isChecked(), true);
  await page.getByLabel("Branch").getByText("release/1.7").waitFor();
  assert.deepEqual(made(state), []);
  await create(page).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.deepEqual(made(state), [{ name: "payments", githubRepo: "asha/payments", branch: "release/1.7", template: "go" }]);
});

flow("a link leads over the login and back", async ({ page, go, state }) => {
  state.signedIn = false;
  await go(link({ repo: "https://git.example.com/group/thing.git", branch: "odd#name" }));
  await page.getByLabel("Email").fill("asha@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.keyboard.press("Enter");
  await page.getByText("git.example.com/group/thing").first().waitFor();
  assert.equal(await page.getByLabel("Branch").inputValue(), "odd#name");
  await create(page).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.deepEqual(made(state), [{ name: "thing", githubRepo: "https://git.example.com/group/thing.git", branch: "odd#name" }]);
});

flow("a link that asks for what there is not is explained, and nothing of it is sent", async ({ page, go, state }) => {
  await go(link({ repo: "http://git.example.com/a", template: "nonesuch" }));
  await page.getByText("Only addresses that begin with https://").waitFor();
  await page.getByText("the template “nonesuch”").waitFor();
  assert.equal(await box(page).inputValue(), "http://git.example.com/a");
  await go(link({ repo: "nobody/nothing" }));
  await page.getByText("GitHub shows you no repository nobody/nothing.").waitFor();
  assert.equal(await create(page).isDisabled(), true);
  await page.getByRole("button", { name: "Change" }).click();
  await eventually(() => box(page).evaluate((el) => el === document.activeElement), "the box has the focus");
  await create(page).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.equal(made(state)[0].githubRepo, undefined);
});

flow("words are no address: Enter says so and sends nothing", async ({ page, go, state }) => {
  await go("/new");
  await page.getByText("asha/notes").waitFor();
  await box(page).fill("no such thing");
  await page.getByText("None of your repositories has “no such thing”").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("This is no address of a repository").waitFor();
  assert.equal(await box(page).getAttribute("aria-invalid"), "true");
  await box(page).fill("https://asha:secret@git.example.com/a/b");
  await page.getByText("There is a name or a password in this address").waitFor();
  await page.keyboard.press("Enter");
  assert.deepEqual(made(state), []);
  assert.equal(JSON.stringify(state.calls).includes("secret"), false);
});

flow("more repositories are loaded when they are asked for", async ({ page, go }) => {
  await go("/new");
  const rows = page.getByRole("listbox", { name: "Repositories" }).getByRole("option");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 30);
  await page.getByRole("button", { name: "Show more" }).click();
  await eventually(async () => (await rows.count()) === 60, "the second page");
  await page.getByRole("button", { name: "Show more" }).click();
  await eventually(async () => (await rows.count()) === 66, "the last page");
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
});

flow("what GitHub still has to allow leads there and back to what was filled in", async ({ page, go, state }) => {
  const address = async (text) => new URL(await page.getByRole("link", { name: text }).getAttribute("href"), page.url());
  state.github = { ...githubStatus, connected: false, private: false };
  await go(link({ repo: "asha/payments", template: "go" }));
  const connect = await address("Connect GitHub");
  assert.equal(connect.pathname, "/auth/github/connect");
  assert.deepEqual(Object.fromEntries(connect.searchParams), { return: "/new?repo=asha%2Fpayments&template=go" });
  // What cannot be looked at can be made all the same.
  await page.getByText("A public repository can be cloned").waitFor();
  assert.equal(await create(page).isDisabled(), false);
  Object.assign(state.github, { connected: true });
  await page.reload();
  await page.getByText("GitHub shows you no repository").waitFor();
  assert.deepEqual(Object.fromEntries((await address("Show private repositories")).searchParams), { private: "true", return: "/new?repo=asha%2Fpayments&template=go" });
});

flow("a repository that was renamed is cloned under its new name", async ({ page, go, state }) => {
  state.renamed = { "asha/old-name": "asha/notes" };
  await go(link({ repo: "asha/old-name" }));
  await page.getByText("asha/old-name is called asha/notes now").waitFor();
  await create(page).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.deepEqual(made(state), [{ name: "notes", githubRepo: "asha/notes" }]);
});

flow("a Nix text with a fault is told at its line, while it is written and when it is sent", async ({ page, go, state }) => {
  await go("/new");
  await page.getByText("More options").click();
  const nix = page.getByLabel("Nix configuration");
  await nix.fill("{\n  wrong\n}");
  await page.getByText("Line 2, column 3: syntax error").waitFor();
  await nix.fill("{ outputs = _: { }; }");
  await page.getByText("Nix reads it without a fault").waitFor();
  state.failing.set("POST /workspaces", { status: 422, code: "invalid_nix", detail: "The Nix configuration has a fault.", errors: [{ field: "body.nixConfig", message: "attribute 'default' missing", line: 1, column: 9 }] });
  await create(page).click();
  await page.getByText("Line 1, column 9: attribute 'default' missing").waitFor();
  await page.getByText("Look at what is marked above.").waitFor();
  state.failing.clear();
  await nix.fill("{ outputs = _: { x = 1; }; }");
  await page.getByText("Line 1, column 9").waitFor({ state: "detached" });
  await page.getByText("Nix reads it without a fault").waitFor();
  await create(page).click();
  await page.getByText("Starting your workspace").waitFor();
  assert.equal(made(state).at(-1).nixConfig, "{ outputs = _: { x = 1; }; }");
});

flow("nobody makes more workspaces than allowed, not by a link either", async ({ page, go, state }) => {
  state.workspaces = gallery(state.port);
  await go(link({ repo: "asha/notes" }));
  await page.getByText("as many as you may").waitFor();
  assert.equal(await create(page).isDisabled(), true);
});
