import { busyDashboard, everybody, facts } from "./fixtures-dashboard.mjs";
import { gallery, workspace } from "./fixtures.mjs";

const asTable = async (page) => {
  await page.getByRole("button", { name: "Table" }).click();
  await page.getByRole("table", { name: "Workspaces" }).waitFor();
};
const chooseTwo = async (page) => {
  await page.getByRole("button", { name: "Select" }).click();
  for (const name of ["quiet-harbor", "payments-service"]) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
};
const unpushed = {
  asOf: null, live: true, found: 1, truncated: false,
  repositories: [{ folder: "hello", uncommitted: 2, stashes: 0, problem: "", branches: [{ name: "main", commits: 3 }] }],
};

function manyOwn(state) {
  state.workspaces = Array.from({ length: 60 }, (_, n) => workspace(state.port, { id: `own${String(n).padStart(9, "0")}`, name: `service-${n}`, status: n % 5 === 0 ? "RUNNING" : "STOPPED" }));
  state.facts = Object.fromEntries(state.workspaces.map((w) => [w.id, facts(w.id)]));
}

export const dashboardScenes = [
  { name: "dashboard-busy", path: "/", given: busyDashboard, see: "3 files changed and 2 commits not pushed" },
  { name: "dashboard-table", path: "/", given: busyDashboard, act: asTable, see: "service" },
  { name: "dashboard-table-many", path: "/", given: manyOwn, act: asTable, see: "service-1" },
  { name: "dashboard-nothing-found", path: "/", given: busyDashboard, act: (page) => page.getByRole("searchbox").fill("nowhere"), see: "No workspace is like that" },
  { name: "dashboard-select", path: "/", given: busyDashboard, act: chooseTwo, see: "2 chosen" },
  {
    name: "dashboard-bulk-delete",
    path: "/",
    given: (state) => (busyDashboard(state), (state.unpushed = unpushed)),
    act: async (page) => {
      await chooseTwo(page);
      await page.getByRole("button", { name: "Delete 2" }).click();
    },
    see: "not pushed",
  },
  {
    name: "dashboard-going",
    path: "/",
    given: (state) => {
      state.workspaces = gallery(state.port);
      state.workspaces[3].deletesAt = new Date(Date.now() + 55_000).toISOString();
    },
    see: "Keep",
  },
  { name: "admin-workspaces", path: "/admin/workspaces", given: (state) => (state.everybody = everybody(state.port, 5000)), see: "5,000 workspaces" },
  { name: "admin-workspaces-empty", path: "/admin/workspaces", see: "Nobody has a workspace yet" },
  { name: "admin-workspaces-error", path: "/admin/workspaces", given: (s) => s.failing.set("GET /admin/workspaces", { status: 503, code: "unavailable", detail: "The database does not answer." }), see: "database does not answer" },
];
