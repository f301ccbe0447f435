import { gallery } from "./fixtures.mjs";
import { adminScenes } from "./scenes-admin.mjs";
import { chatScenes } from "./scenes-chat.mjs";
import { codeScenes } from "./scenes-code.mjs";
import { dashboardScenes } from "./scenes-dashboard.mjs";
import { everywhereScenes } from "./scenes-everywhere.mjs";
import { newScenes } from "./scenes-new.mjs";
import { panelScenes } from "./scenes-panel.mjs";
import { previewScenes } from "./scenes-preview.mjs";
import { portScenes } from "./scenes-ports.mjs";
import { setupScenes } from "./scenes-setup.mjs";
import { settingsScenes } from "./scenes-settings.mjs";
import { templateScenes } from "./scenes-templates.mjs";

const only = (id) => (state) => (state.workspaces = gallery(state.port).filter((w) => w.id === id));
const all = (state) => (state.workspaces = gallery(state.port));
const signedOut = (state) => (state.signedIn = false);
const fail = (call, detail) => (state) => state.failing.set(call, { status: 500, code: "internal_error", detail });
/** On a small screen the chat comes first. */
const showEditor = async (page) => {
  await page.getByRole("banner").waitFor();
  const tab = page.getByRole("group", { name: "Show" }).getByRole("button", { name: "Editor" });
  if (await tab.isVisible()) await tab.click();
};
const button = (name) => (page) => page.getByRole("button", { name }).click();

/**
 * Every page in every condition worth looking at: where it is, what the server says
 * (`given`), what is done there (`act`) and what shows that it is ready (`see`).
 */
export const scenes = [
  { name: "login", path: "/login", given: signedOut, see: "Create one" },
  { name: "login-refused", path: "/login?error=provider_denied", given: signedOut, see: "You stopped the sign-in" },
  { name: "login-plain", path: "/login", given: (s) => (signedOut(s), (s.providers = { providers: [], password: true, signup: "closed" })), see: "Password" },
  { name: "signup", path: "/signup?invitation=abc", given: signedOut, see: "You are invited" },
  { name: "signup-uninvited", path: "/signup", given: (s) => (signedOut(s), (s.providers = { providers: [], password: true, signup: "invite" })), see: "need an invitation" },
  ...setupScenes,
  { name: "dashboard", path: "/", given: all, see: "Agent at work" },
  { name: "dashboard-loading", path: "/", given: (s) => s.hold.set("GET /workspaces"), see: "Loading workspaces" },
  { name: "dashboard-error", path: "/", given: fail("GET /workspaces", "The database does not answer. Try again in a moment."), see: "database does not answer" },
  { name: "dashboard-menu", path: "/", given: all, act: button("Actions for quiet-harbor"), see: "Delete…" },
  {
    name: "dashboard-delete",
    path: "/",
    given: all,
    act: async (page) => (await button("Actions for an exceptionally")(page), page.getByRole("menuitem", { name: "Delete…" }).click()),
    see: "Type the workspace's name",
  },
  {
    name: "dashboard-edit",
    path: "/",
    given: all,
    act: async (page) => (await button("Actions for payments-service")(page), page.getByRole("menuitem", { name: "Rename" }).click()),
    see: "Stop by itself",
  },
  { name: "workspace-running", path: "/w/running00001", given: only("running00001"), see: "Running" },
  { name: "workspace-own-tab", path: "/w/running00001", given: (s) => (only("running00001")(s), (s.me = ownTab())), act: showEditor, see: "Open VS Code" },
  { name: "workspace-starting", path: "/w/starting0001", given: only("starting0001"), see: "waiting for VS Code" },
  { name: "workspace-stopped", path: "/w/stopped00001", given: only("stopped00001"), see: "is stopped" },
  { name: "workspace-error", path: "/w/error0000001", given: only("error0000001"), see: "Start again" },
  { name: "workspace-gone", path: "/w/abcabcabcabc", see: "There is no such workspace" },
  ...dashboardScenes,
  ...newScenes,
  ...codeScenes,
  ...portScenes,
  ...panelScenes,
  ...previewScenes,
  ...chatScenes,
  ...templateScenes,
  ...settingsScenes,
  ...everywhereScenes,
  ...adminScenes,
  { name: "settings", path: "/settings", see: "deploy script" },
  { name: "settings-empty", path: "/settings", given: (s) => (s.tokens = []), see: "No tokens yet" },
  {
    name: "settings-token",
    path: "/settings",
    act: async (page) => (await button("New token")(page), await page.getByLabel("Name").last().fill("laptop"), button("Create token")(page)),
    see: "Copy it now",
  },
  { name: "settings-revoke", path: "/settings", act: button("Revoke deploy script"), see: "Revoke this token?" },
  { name: "invitations", path: "/admin/invitations", see: "ben@example.com" },
  { name: "invitations-empty", path: "/admin/invitations", given: (s) => (s.invitations = []), see: "Nobody is invited" },
  { name: "invitations-new", path: "/admin/invitations", act: button("Invite somebody"), see: "Make them an administrator" },
  { name: "account-menu", path: "/", given: all, act: button("Account"), see: "Sign out" },
  { name: "not-found", path: "/no/such/page", see: "There is no such page" },
  { name: "unreachable", path: "/", given: fail("GET /me", "Something went wrong here. Try again."), see: "This did not work" },
];

function ownTab() {
  return {
    user: { id: "u1", email: "asha@example.com", name: "Asha Rao", avatarUrl: "", admin: false, hasPassword: true },
    limits: { maxWorkspaces: 5, workspaces: 1 },
    defaults: { memory: 2 ** 31, cpu: 1e9, idleTimeout: 1800 },
    features: { github: false, oidc: false, signup: "invite", nix: true, privateRepos: true },
    workspaceDomain: "example.com",
    httpsPort: 443,
    embedEditor: false,
  };
}
