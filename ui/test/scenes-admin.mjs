import { agent, done, text, user, words } from "./chat-messages.mjs";
import { chat } from "./fixtures-chat.mjs";
import { gallery } from "./fixtures.mjs";
import { Turn } from "./standin-turn.mjs";
import { health } from "./fixtures-admin.mjs";

const id = "running00001";
const button = (name) => (page) => page.getByRole("button", { name, exact: true }).click();
const choose = (name, item) => async (page) => (await button(name)(page), await page.getByRole("menuitem", { name: item }).click());
const fail = (...calls) => (state) => calls.forEach((call) => state.failing.set(call, { status: 500, code: "internal_error", detail: "The database does not answer. Try again in a moment." }));

const owned = (changes) => (state) => {
  state.workspaces = gallery(state.port).filter((w) => w.id === id).map((w) => ({ ...w, right: "owner", owner: { id: "u1", name: "Asha Rao", email: "asha@example.com" }, sharedWith: 2, deletesAt: null, ...changes }));
};

/** Somebody else's workspace, with a chat in it that waits. */
const lent = (right, changes) => (state) => {
  owned({ right, sharedWith: 0, owner: { id: "u2", name: "Ben Okafor", email: "ben@example.com" }, ...changes })(state);
  state.chats = [chat(id, { title: "Expire the sessions", status: "running", runId: "run2" }), chat(id, { title: "An older chat" })];
  state.messages[state.chats[0].id] = [
    user("Please move the sessions to hashed tokens."),
    agent([text(words), done("readFile", { path: "shop/src/server/session.ts" }, { content: "export {}", path: "shop/src/server/session.ts" }), done("previewPort", { port: 3000 }, { port: 3000, url: "http://3000.example.com" })]),
    user("Now run the tests."),
  ];
  const turn = new Turn("run2", "m2");
  const call = { toolCallId: "c2", toolName: "runCommand" };
  const approvalDescriptor = { kind: "call", tool: "runCommand", title: "Run a command", reason: "It is not on the list.", command: "npm test", choices: [], expiresAt: new Date(Date.now() + 600_000).toISOString() };
  turn.begin();
  turn.send({ type: "start-step" }, { type: "tool-input-start", ...call }, { type: "tool-input-available", ...call, input: { command: "npm test" } }, { type: "tool-approval-request", approvalId: "ap2", toolCallId: "c2", approvalDescriptor });
  state.turns.set(state.chats[0].id, turn);
};

/** Somebody else's workspace for other tests. */
export { lent, owned };

export const adminScenes = [
  { name: "admin-overview", path: "/admin", see: "Open connections" },
  { name: "admin-overview-fine", path: "/admin", given: (s) => (s.health = { ...health, checks: health.checks.filter((c) => c.ok) }), see: "Everything is in order" },
  { name: "admin-overview-error", path: "/admin", given: fail("GET /admin/health", "GET /admin/metrics"), see: "database does not answer" },
  { name: "admin-users", path: "/admin/users", see: "Ben Okafor" },
  { name: "admin-suspend", path: "/admin/users", act: choose("Actions for Ben Okafor", "Suspend"), see: "Their workspaces and files stay" },
  { name: "admin-limits", path: "/admin/users", act: async (page) => (await choose("Actions for Ben Okafor", "Limits")(page), await page.getByLabel("Workspaces at most").fill("many"), await button("Save")(page)), see: "Enter a whole number" },
  { name: "admin-audit", path: "/admin/audit", act: (page) => page.getByRole("button", { name: /Refused/ }).click(), see: "email or password is wrong" },
  { name: "admin-not", path: "/admin/users", given: (s) => (s.me = notAdmin()), see: "There is no such page" },
  { name: "share-dialog", path: `/w/${id}/settings`, given: owned(), act: (page) => page.getByLabel("What someone.with.a.very.long").selectOption("edit"), see: "Let them edit" },
  { name: "workspace-settings-lent", path: `/w/${id}/settings`, given: lent("edit"), see: "shared this workspace with you" },
  { name: "review", path: `/w/${id}/review`, given: lent("view"), see: "waits for an answer" },
  {
    name: "review-file",
    path: `/w/${id}/review`,
    given: lent("view"),
    act: async (page) => (await page.getByRole("button", { name: "Files", exact: true }).click(), await page.getByRole("button", { name: "session.ts at line 41" }).click()),
    see: "the line under the cursor",
  },
  { name: "review-stopped", path: `/w/${id}/review`, given: lent("use", { status: "STOPPED", containerId: "" }), act: (page) => page.getByRole("button", { name: "Changes", exact: true }).click(), see: "can be read while it runs" },
];

function notAdmin() {
  return {
    user: { id: "u1", email: "asha@example.com", name: "Asha Rao", avatarUrl: "", admin: false, hasPassword: true },
    roles: ["user"],
    limits: { maxWorkspaces: 5, workspaces: 1 },
    defaults: { memory: 2 ** 31, cpu: 1e9, idleTimeout: 1800 },
    features: { github: false, oidc: false, signup: "invite", nix: true, privateRepos: true },
    workspaceDomain: "example.com",
    httpsPort: 443,
    embedEditor: false,
  };
}
