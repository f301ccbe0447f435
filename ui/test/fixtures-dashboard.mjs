// Workspaces with figures, those of others, and very many.
import { gallery, workspace } from "./fixtures.mjs";

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const hour = 3600;
const day = 86_400;
const people = [
  { id: "u2", name: "Ben Ito", email: "ben@example.com" },
  { id: "u3", name: "Someone with a very long name that nobody ever thought of when they made the page", email: "someone.with.a.very.long.address@department.of.long.names.example.com" },
  { id: "u4", name: "", email: "cy@example.com" },
];

const wave = (at, base, swing) => Array.from({ length: 60 }, (_, i) => Math.max(0, base + swing * Math.sin((i + at) / 5) + swing * 0.4 * Math.sin(i * 1.7)));

/** What is measured of a workspace, with what the caller wants different. */
export function facts(id, changes = {}) {
  return {
    id,
    interval: 5,
    cpu: wave(0, 0.2, 0.15),
    memory: wave(9, 2 ** 30, 2 ** 28),
    memoryLimit: 2 * 2 ** 30,
    ports: [],
    git: null,
    sampledAt: ago(2),
    ...changes,
  };
}

const git = (changes = {}) => ({ folder: "hello", branch: "main", commit: { hash: "4f1c2a9b77d0", subject: "Say hello in German, too", time: ago(2 * hour) }, changed: 0, unpushed: 0, ...changes });

/** The gallery with code and figures, and some of others. */
export function busyDashboard(state) {
  state.workspaces = gallery(state.port);
  const [running, inUse] = state.workspaces;
  Object.assign(running, { githubRepo: "octo/hello", branch: "main", memory: 2 * 2 ** 30 });
  Object.assign(inUse, { githubRepo: "https://git.example.com/a-group-with-a-long-name/a-repository-with-a-name-that-goes-on-and-on.git", branch: "feature/a-branch-that-somebody-named-after-a-whole-sentence" });
  state.facts = {
    running00001: facts("running00001", { ports: [{ port: 3000, process: "node" }, { port: 5173, process: "a-development-server-with-a-name-that-goes-on" }], git: git() }),
    inuse0000001: facts("inuse0000001", {
      cpu: wave(3, 0.9, 0.2),
      memory: wave(3, 7.6 * 2 ** 30, 2 ** 28),
      memoryLimit: 8 * 2 ** 30,
      ports: [3000, 4000, 5000, 6000, 7000, 8000].map((port) => ({ port, process: "" })),
      git: git({ branch: "feature/another", changed: 3, unpushed: 2 }),
    }),
    shared000001: facts("shared000001", { ports: [{ port: 8000, process: "python3" }], git: git({ folder: "notebooks", branch: "trunk" }) }),
  };
  state.shared = [
    workspace(state.port, { id: "shared000001", name: "bens-notebooks", status: "RUNNING", containerId: "c7", ownerId: "u2", owner: people[0], right: "use", lastActiveAt: ago(600), createdAt: ago(day) }),
    workspace(state.port, { id: "shared000002", name: "a".repeat(80), status: "STOPPED", ownerId: "u3", owner: people[1], right: "view", lastActiveAt: ago(5 * day), createdAt: ago(6 * day) }),
    workspace(state.port, { id: "shared000003", name: "api-gateway", status: "STOPPED", ownerId: "u4", owner: people[2], right: "edit", lastActiveAt: ago(3 * hour), createdAt: ago(7 * day) }),
  ];
}

const statuses = ["STOPPED", "STOPPED", "RUNNING", "STOPPED", "STARTING", "ERROR", "STOPPED", "STOPPING"];

/** As many workspaces of many people as wanted. */
export function everybody(port, count) {
  return Array.from({ length: count }, (_, n) => {
    const owner = people[n % people.length];
    const status = statuses[n % statuses.length];
    return workspace(port, {
      id: `many${String(n).padStart(8, "0")}`,
      name: n % 97 === 5 ? `${"long-".repeat(15)}${n}` : `workspace-${n}`,
      status,
      statusReason: status === "ERROR" ? "The container ended: out of memory." : "",
      ownerId: owner.id,
      owner,
      memory: 2 ** 30 * (1 + (n % 4)),
      cpu: 1e9 * (1 + (n % 2)),
      lastActiveAt: n % 11 === 0 ? null : ago(n * 60),
      createdAt: ago(n * hour),
    });
  });
}
