// What people do in the settings about code and environment.
import assert from "node:assert/strict";
import { eventually } from "./browser.mjs";
import { githubStatus } from "./fixtures-github.mjs";
import { calls, flow } from "./flow.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const section = (page, name) => page.getByRole("region", { name });
const secret = "s3cret-that-nobody-may-see";

flow("a secret is given, and never shown again", async ({ page, go, state }) => {
  state.variables = [];
  await go("/settings");
  const variables = section(page, "Variables and secrets");
  await variables.getByText("No variables yet").waitFor();
  await button(page, "Add variable").click();
  const dialog = page.getByRole("dialog", { name: "Add variable" });
  await dialog.getByLabel("Name").fill("PATH");
  await dialog.getByLabel("Value", { exact: true }).fill(secret);
  await button(dialog, "Add").click();
  await dialog.getByText("PATH belongs to the workspace itself.").waitFor();
  assert.deepEqual(calls(state, "PUT /variables/PATH"), []);
  await dialog.getByLabel("Name").fill("API_KEY");
  await dialog.getByLabel("For").selectOption("python");
  const value = dialog.getByLabel("Value", { exact: true });
  const looks = () => value.evaluate((el) => getComputedStyle(el).getPropertyValue("-webkit-text-security"));
  assert.equal(await looks(), "disc");
  await dialog.getByRole("switch", { name: "Show the value" }).click();
  assert.equal(await looks(), "none");
  await button(dialog, "Add").click();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(calls(state, "PUT /variables/API_KEY")[0].body, { value: secret, secret: true, template: "python" });
  await variables.getByText("••••").waitFor();
  await variables.getByText("Template Python").waitFor();

  await button(page, "Actions for API_KEY, Template Python").click();
  await page.getByRole("menuitem", { name: "Replace…" }).click();
  const replace = page.getByRole("dialog", { name: "Replace API_KEY" });
  assert.equal(await replace.getByLabel("New value").inputValue(), "");
  assert.equal(await button(replace, "Replace").isDisabled(), true);
  assert.equal((await page.content()).includes(secret), false, "the old value is nowhere on the page");
  await replace.getByLabel("New value").fill("refused");
  await button(replace, "Replace").click();
  await replace.getByText("That is not text.").waitFor();
  await replace.getByLabel("New value").fill("line one\nline two");
  await button(replace, "Replace").click();
  await replace.waitFor({ state: "detached" });
  assert.deepEqual(calls(state, "PUT /variables/API_KEY").at(-1).body, { value: "line one\nline two", secret: true, template: "python" });
});

flow("a variable of one scope is changed and deleted, that of another stays", async ({ page, go, state }) => {
  await go("/settings");
  await button(page, "Actions for EDITOR_GREETING").click();
  await page.getByRole("menuitem", { name: "Change…" }).click();
  const dialog = page.getByRole("dialog", { name: "Change EDITOR_GREETING" });
  assert.equal(await dialog.getByLabel("Value").inputValue(), "hello");
  await dialog.getByLabel("Value").fill("good day");
  await button(dialog, "Replace").click();
  await section(page, "Variables and secrets").getByText("good day").waitFor();
  await button(page, "Actions for DATABASE_URL, Template Data science").click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await button(page.getByRole("alertdialog"), "Delete").click();
  await eventually(() => calls(state, "DELETE /variables/DATABASE_URL").length === 1, "it is deleted");
  await button(page, "Actions for DATABASE_URL").waitFor();
  await button(page, "Actions for DATABASE_URL, Template Data science").waitFor({ state: "detached" });
  assert.deepEqual(state.variables.filter((v) => v.name === "DATABASE_URL").map((v) => v.template), [""]);
});

flow("another Git host is added, replaced and removed", async ({ page, go, state }) => {
  state.credentials = [];
  await go("/settings");
  await page.getByText("No other hosts").waitFor();
  await button(page, "Add host").click();
  const dialog = page.getByRole("dialog", { name: "Add Git host" });
  await dialog.getByLabel("Host").fill("https://github.com/asha/x.git");
  await dialog.getByLabel("User name").fill("asha");
  await dialog.getByLabel("Password or token").fill(secret);
  await button(dialog, "Add").click();
  await dialog.getByText("GitHub is connected in its own section.").waitFor();
  await dialog.getByLabel("Host").fill("https://Git.Example.com:8443/asha/x.git");
  await button(dialog, "Add").click();
  await dialog.waitFor({ state: "detached" });
  const put = "PUT /git-credentials/git.example.com%3A8443";
  assert.deepEqual(calls(state, put)[0].body, { username: "asha", password: secret });
  assert.equal((await page.content()).includes(secret), false);

  await button(page, "Replace the password for git.example.com:8443").click();
  const replace = page.getByRole("dialog", { name: "Replace the password" });
  assert.equal(await replace.getByLabel("Password or token").inputValue(), "");
  await replace.getByLabel("Password or token").fill("other");
  await button(replace, "Replace").click();
  await eventually(() => calls(state, put).length === 2, "it is replaced");
  await replace.waitFor({ state: "detached" });
  await button(page, "Remove git.example.com:8443").click();
  await button(page.getByRole("alertdialog"), "Remove host").click();
  await page.getByText("No other hosts").waitFor();
});

flow("GitHub is connected in two steps and disconnected", async ({ page, go, state }) => {
  state.github = { ...githubStatus, connected: false, private: false, login: "" };
  await go("/settings?section=github");
  const github = section(page, "GitHub");
  const connect = github.getByRole("link", { name: "Connect GitHub" });
  assert.equal(await connect.getAttribute("href"), "/auth/github/connect?return=%2Fsettings%3Fsection%3Dgithub");
  state.github = { ...githubStatus, private: false };
  await go("/settings?section=github");
  await github.getByText("Connected as asha").waitFor();
  await github.getByText("Public repositories", { exact: true }).waitFor();
  assert.equal(await github.getByRole("link", { name: "Allow pushing" }).getAttribute("href"), "/auth/github/connect?return=%2Fsettings%3Fsection%3Dgithub");
  assert.equal(await github.getByRole("link", { name: "Allow private" }).getAttribute("href"), "/auth/github/connect?private=true&return=%2Fsettings%3Fsection%3Dgithub");
  await button(github, "Disconnect…").click();
  state.failing.set("DELETE /github", { status: 502, code: "github_unreachable", detail: "GitHub cannot be reached, or has a fault. Try again later." });
  const dialog = page.getByRole("alertdialog", { name: "Disconnect from GitHub?" });
  await button(dialog, "Disconnect").click();
  await dialog.getByText("GitHub cannot be reached").waitFor();
  state.failing.clear();
  await button(dialog, "Disconnect").click();
  await connect.waitFor();
  assert.equal(calls(state, "DELETE /github").length, 2);
});

flow("private repositories are not offered where they are switched off", async ({ page, go, state }) => {
  state.github = { ...githubStatus, private: false, privateAllowed: false };
  await go("/settings");
  await page.getByText("Private repositories are switched off").waitFor();
  assert.equal(await page.getByRole("link", { name: "Allow private" }).count(), 0);
});
