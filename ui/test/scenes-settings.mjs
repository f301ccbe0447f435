import { githubStatus } from "./fixtures-github.mjs";

const button = (name) => (page) => page.getByRole("button", { name, exact: true }).click();
const fail = (call) => (state) => state.failing.set(call, { status: 500, code: "internal_error", detail: "The database does not answer. Try again in a moment." });
const github = (changes) => (state) => (state.github = { ...githubStatus, ...changes });
const choose = (name, item) => async (page) => (await button(name)(page), await page.getByRole("menuitem", { name: item }).click());
const path = "/settings";

/** The parts of the settings that are about code and environment. */
export const settingsScenes = [
  { name: "settings-github-off", path, given: github({ enabled: false, connected: false }), see: "not set up on this server" },
  { name: "settings-github-none", path: "/settings?section=github&github_error=provider_error", given: github({ connected: false, private: false }), see: "Connect GitHub" },
  { name: "settings-github-public", path, given: github({ private: false }), see: "Allow private repositories" },
  { name: "settings-github-problem", path, given: github({ problem: "GitHub does not accept Kalpana's access any more. Connect GitHub again." }), see: "Connect again" },
  { name: "settings-github-disconnect", path, act: button("Disconnect…"), see: "Disconnect from GitHub?" },
  { name: "settings-nothing", path, given: (s) => Object.assign(s, { variables: [], credentials: [], tokens: [] }), see: "No variables yet" },
  { name: "settings-code-loading", path, given: (s) => ["GET /github", "GET /variables", "GET /git-credentials"].forEach((call) => s.hold.set(call)), see: "deploy script" },
  { name: "settings-code-error", path, given: (s) => ["GET /github", "GET /variables", "GET /git-credentials"].forEach((call) => fail(call)(s)), see: "database does not answer" },
  { name: "settings-host-add", path, act: async (page) => (await button("Add host")(page), await page.getByLabel("Host", { exact: true }).fill("http://git.example.com/x"), await page.getByLabel("User name").fill("asha"), await page.getByLabel("Password or token").fill("x"), button("Add")(page)), see: "Only https works" },
  { name: "settings-variable-add", path, act: async (page) => (await button("Add variable")(page), await page.getByLabel("Name").last().fill("DATABASE_URL")), see: "Its value is replaced" },
  { name: "settings-variable-replace", path, act: choose("Actions for DATABASE_URL", "Replace…"), see: "takes the place of the old one" },
  { name: "settings-variable-delete", path, act: choose("Actions for EDITOR_GREETING", "Delete…"), see: "Delete this variable?" },
];
