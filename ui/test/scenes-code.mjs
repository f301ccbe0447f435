import { gallery } from "./fixtures.mjs";
import { broken, built, cloneProblem, cloning, events, notices, nothingUnpushed, onRepository, unpushed } from "./fixtures-github.mjs";

const one = (changes) => (state) => (state.workspaces = [onRepository(state.port, changes)]);
const both = (...parts) => (state) => parts.forEach((part) => part(state));
const set = (what) => (state) => Object.assign(state, what);
const path = "/w/code00000001";
const choose = (item) => async (page) => {
  await page.getByRole("button", { name: "Actions for payments" }).click();
  await page.getByRole("menuitem", { name: item }).click();
};
const refusal = { status: 502, code: "workspace_unreachable", detail: "The workspace does not answer." };
const asked = "GET /workspaces/code00000001/unpushed";
const kept = { ...unpushed, live: false, asOf: new Date(Date.now() - 3 * 86_400_000).toISOString(), truncated: false, repositories: unpushed.repositories.slice(0, 1) };

/** A workspace's code: its card, its notices, its start, its repository, and what is not pushed. */
export const codeScenes = [
  {
    name: "dashboard-code",
    path: "/",
    given: (s) => {
      const long = { id: "code00000002", githubRepo: `https://git.example.com/${"group/".repeat(12)}thing.git`, branch: "very-long-".repeat(9), name: "from elsewhere", status: "STOPPED", template: "nonesuch12ab" };
      s.workspaces = [onRepository(s.port), onRepository(s.port, long), ...gallery(s.port).slice(3)];
      s.unpushed = kept;
    },
    see: "not pushed",
  },
  { name: "code-running", path, given: both(one(), set({ happened: events })), see: "Running" },
  { name: "code-notices", path, given: one({ notices, clone: { state: "failed", problem: cloneProblem } }), see: "Try the clone again" },
  { name: "code-log", path, given: both(one({ notices }), set({ startLog: built })), act: async (page) => page.getByRole("button", { name: "Start log" }).first().click(), see: "Ready after" },
  { name: "code-log-unfolded", path, given: both(one(), set({ startLog: built })), act: async (page) => (await choose("Start log")(page), page.getByText("Tools", { exact: true }).click()), see: "thing-59" },
  { name: "code-starting", path, given: both(one({ status: "STARTING" }), set({ startLog: cloning })), see: "71 of 96 MiB" },
  { name: "code-error", path, given: both(one({ status: "ERROR", statusReason: "Docker has no room left on the disk. Free some, then start again." }), set({ startLog: broken })), see: "leased 40012" },
  { name: "code-repository", path, given: both(one(), set({ happened: events, unpushed })), act: choose("Repository"), see: "Add receipts by post" },
  { name: "code-repository-empty", path, given: both(one({ clone: { state: "failed", problem: cloneProblem } }), set({ unpushed: { ...nothingUnpushed, found: 0 } })), act: choose("Repository"), see: "Nothing yet" },
  { name: "code-repository-loading", path, given: both(one(), (s) => (s.hold.set(asked), s.hold.set("GET /workspaces/code00000001/repository"))), act: choose("Repository"), see: "Loading events" },
  { name: "code-repository-error", path, given: both(one(), (s) => (s.failing.set(asked, refusal), s.failing.set("GET /workspaces/code00000001/repository", { ...refusal, status: 500 }))), act: choose("Repository"), see: "could not be found out" },
  { name: "code-delete", path, given: both(one(), set({ unpushed })), act: choose("Delete"), see: "Delete anyway" },
  { name: "code-delete-loading", path, given: both(one(), (s) => s.hold.set(asked)), act: choose("Delete"), see: "Looking for work" },
  { name: "code-delete-stopped", path, given: both(one({ status: "STOPPED" }), set({ unpushed: kept })), act: choose("Delete"), see: "3 days ago" },
  { name: "code-delete-unknown", path, given: both(one({ status: "STOPPED" }), set({ unpushed: { ...nothingUnpushed, live: false } })), act: choose("Delete"), see: "Nobody has looked" },
  { name: "code-stop", path, given: both(one(), set({ unpushed })), act: choose("Stop"), see: "Stop this workspace?" },
];
