// What the stand-in knows when it starts. Times are fixed distances from now.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const minute = 60;
const hour = 3600;
const day = 86_400;

export const me = {
  user: { id: "u1", email: "asha@example.com", name: "Asha Rao", avatarUrl: "", admin: true, hasPassword: true },
  roles: ["user", "admin"],
  version: "1",
  limits: { maxWorkspaces: 5, workspaces: 0 },
  defaults: { memory: 2 * 2 ** 30, cpu: 1e9, idleTimeout: 30 * minute },
  features: { github: true, oidc: true, signup: "invite", nix: true, privateRepos: true, webhook: true },
  workspaceDomain: "localhost",
  httpsPort: 8443,
  embedEditor: true,
};

export const providers = {
  providers: [
    { id: "github", name: "GitHub", url: "/auth/github" },
    { id: "oidc", name: "Example Corp", url: "/auth/oidc" },
  ],
  password: true,
  signup: "open",
};

let made = 0;

/** A workspace as the API would send it, with what the caller wants different. */
export function workspace(port, changes = {}) {
  made += 1;
  const id = changes.id ?? `ws${String(made).padStart(10, "0")}`;
  return {
    id,
    name: `workspace-${made}`,
    status: "STOPPED",
    paused: false,
    statusReason: "",
    vscodePort: 0,
    agentPort: 0,
    containerId: "",
    vscodeUrl: `http://${id}.ws.localhost:${port}/`,
    agentUrl: `ws://${id}.agent.localhost:${port}/`,
    template: "",
    githubRepo: "",
    branch: "",
    nixConfig: "",
    memory: me.defaults.memory,
    cpu: me.defaults.cpu,
    idleTimeout: me.defaults.idleTimeout,
    lastActiveAt: null,
    activity: [],
    stopsAt: null,
    createdAt: ago(made * minute),
    updatedAt: ago(1),
    ownerId: "u1",
    folder: "",
    templateVersion: 0,
    clone: { state: "", problem: "" },
    notices: [],
    packages: [],
    right: "owner",
    owner: { id: "u1", name: "Asha Rao", email: "asha@example.com" },
    rightUntil: null,
    sharedWith: 0,
    deletesAt: null,
    ...changes,
  };
}

/** One of every kind. */
export function gallery(port) {
  return [
    workspace(port, { id: "running00001", name: "quiet-harbor", status: "RUNNING", containerId: "c1", lastActiveAt: ago(4 * minute), stopsAt: ago(-26 * minute), createdAt: ago(hour) }),
    workspace(port, { id: "inuse0000001", name: "payments-service", status: "RUNNING", containerId: "c2", lastActiveAt: ago(5), activity: ["editor", "turn"], memory: 8 * 2 ** 30, cpu: 4e9, createdAt: ago(2 * hour) }),
    workspace(port, { id: "starting0001", name: "vivid-otter", status: "STARTING", createdAt: ago(3 * hour) }),
    workspace(port, { id: "stopped00001", name: "an exceptionally long workspace name that goes on and on 🦦🦦", statusReason: "stopped after 30m without use", lastActiveAt: ago(3 * day), createdAt: ago(9 * day) }),
    workspace(port, {
      id: "error0000001", name: "old-experiment", status: "ERROR", lastActiveAt: ago(40 * day), createdAt: ago(50 * day),
      statusReason: "The workspace image kalpana/workspace:latest is not on this machine. Build it with `make image`, then start the workspace again.",
    }),
  ];
}

export const startLog = [
  { seq: 1, elapsed: 2, time: ago(3), phase: "ports", text: "leased 40012 and 40013 (2 ms)" },
  { seq: 2, elapsed: 312, time: ago(3), phase: "container", text: "created 4f1c2a9b77d0 (310 ms)" },
  { seq: 3, elapsed: 542, time: ago(2), phase: "container", text: "started (540 ms)" },
  { seq: 4, elapsed: 545, time: ago(1), phase: "editor", text: "waiting for VS Code to answer" },
];

export const sessions = [
  { id: "s1", current: true, createdAt: ago(day), lastSeenAt: ago(10), address: "192.0.2.7", userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36" },
  { id: "s2", current: false, createdAt: ago(9 * day), lastSeenAt: ago(2 * day), address: "2001:db8:85a3::8a2e:370:7334", userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1" },
];

export const tokens = [
  { id: "t1", name: "deploy script", prefix: "kal_9fJ2", createdAt: ago(20 * day), expiresAt: ago(-10 * day), lastUsedAt: ago(2 * hour) },
  { id: "t2", name: "a token with a rather long name that somebody typed without thinking about the page", prefix: "kal_Qx81", createdAt: ago(90 * day), expiresAt: ago(60 * day), lastUsedAt: null },
];

export const invitations = [
  { id: "i1", email: "ben@example.com", admin: false, createdAt: ago(hour), expiresAt: ago(-7 * day), usedAt: null },
  { id: "i2", email: "", admin: true, createdAt: ago(3 * day), expiresAt: ago(-4 * day), usedAt: ago(2 * day) },
  { id: "i3", email: "someone.with.a.very.long.address@department.of.long.names.example.com", admin: false, createdAt: ago(20 * day), expiresAt: ago(13 * day), usedAt: null },
];

/** A port that is set, and on which nothing listens. */
export function quietPort(origin, id, port, changes = {}) {
  return { port, url: `http://${port}-${id}.ws.localhost:${origin}/`, listening: false, address: "", process: "", visibility: "owner", rewriteHost: false, ...changes };
}

const openPort = (origin, id, port, process, changes) => quietPort(origin, id, port, { listening: true, address: "127.0.0.1", process, ...changes });

/** One of every kind. */
export function portGallery(origin, id) {
  return [
    openPort(origin, id, 3000, "node"),
    openPort(origin, id, 5173, "a-development-server-with-a-name-that-goes-on-and-on-and-on-and-on-and-on", { visibility: "users", rewriteHost: true }),
    quietPort(origin, id, 8000, { visibility: "users" }),
    openPort(origin, id, 9229, "", { address: "::1", visibility: "public" }),
  ];
}
