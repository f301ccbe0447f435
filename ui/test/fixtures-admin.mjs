// What the stand-in knows of administration, sharing and review when it starts.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const hour = 3600;
const day = 86_400;

export const shares = [
  { userId: "u2", name: "Ben Okafor", email: "ben@example.com", right: "edit", until: null, createdAt: ago(9 * day) },
  { userId: "u3", name: "", email: "someone.with.a.very.long.address@department.of.long.names.example.com", right: "view", until: ago(-3 * day), createdAt: ago(hour) },
];

const check = (name, title, detail, changes = {}) => ({ name, title, ok: true, detail, fix: "", action: "", ...changes });

export const health = {
  version: "1.0.0",
  startedAt: ago(3 * day),
  checks: [
    check("docker", "Docker", "unix:///var/run/docker.sock answers"),
    check("image", "Workspace image", "kalpana/workspace:latest is not there", { ok: false, fix: "make image", action: "build" }),
    check("database", "Database", "the embedded database answers in 3 ms"),
    check("address", "Address", "*.ws.example.com does not resolve", { ok: false, fix: "Add a DNS record for *.ws.example.com that points to this machine." }),
    check("certificate", "Certificate", "of a public authority, good for another 61 days"),
    check("clock", "Clock", "in step with others"),
    check("disk", "Disk", "112 GiB of 240 GiB are free"),
    check("ports", "Ports", "998 of 1000 pairs are free"),
  ],
};

const wave = (base, swing) => Array.from({ length: 60 }, (_, n) => Math.max(0, base + swing * Math.sin(n / 6)));

export const figures = {
  workspaces: { RUNNING: 14, STOPPED: 61, STARTING: 1, STOPPING: 0, ERROR: 2 },
  leasesInUse: 15,
  leases: 500,
  startSeconds: { p50: 2.4, p95: 6.8, count: 181 },
  requests: [
    { kind: "api", perSecond: 12.4, p50Ms: 3.2, p95Ms: 21, errorsPerSecond: 0 },
    { kind: "ui", perSecond: 1.1, p50Ms: 0.8, p95Ms: 2, errorsPerSecond: 0 },
    { kind: "ws", perSecond: 48.9, p50Ms: 1.9, p95Ms: 14, errorsPerSecond: 0.04 },
    { kind: "port", perSecond: 0, p50Ms: 0, p95Ms: 0, errorsPerSecond: 0 },
  ],
  sockets: { ws: 31, port: 4, agent: 14, ui: 9 },
  turnsRunning: 3,
  tokensToday: 4_812_000,
  spentToday: 18.42,
  memoryBytes: 212 * 2 ** 20,
  goroutines: 1204,
  uptimeSeconds: 3 * day,
  history: { interval: 10, requestsPerSecond: wave(40, 25), sockets: wave(50, 6), running: wave(12, 2) },
};

const user = (id, name, email, changes = {}) => ({
  id, name, email, admin: false, suspended: false, createdAt: ago(40 * day), lastSeenAt: ago(hour), providers: ["password"], workspaces: 2, maxWorkspaces: null, spentToday: 0.42, budget: null, ...changes,
});

export const users = [
  user("u1", "Asha Rao", "asha@example.com", { admin: true, providers: ["password", "github"], workspaces: 5, lastSeenAt: ago(10) }),
  user("u2", "Ben Okafor", "ben@example.com", { maxWorkspaces: 8, budget: 2.5, spentToday: 1.9 }),
  user("u3", "", "someone.with.a.very.long.address@department.of.long.names.example.com", { workspaces: 0, lastSeenAt: null, spentToday: null }),
  user("u4", "Averylongnamewithoutaspacethatsomebodychoseforthemselvesandthatgoesonandonandon", "carla@example.com", { suspended: true, lastSeenAt: ago(70 * day) }),
];

export const record = (id, seconds, action, changes = {}) => ({
  id, time: ago(seconds), action, userId: "u1", userName: "Asha Rao", address: "192.0.2.7", target: "", targetName: "", outcome: "ok", detail: "", ...changes,
});

export const audit = [
  record("a1", 40, "workspace.delete", { target: "stopped00001", targetName: "an exceptionally long workspace name that goes on and on 🦦🦦", detail: "with 10 s to take it back" }),
  record("a2", 300, "workspace.share", { target: "running00001", targetName: "quiet-harbor", detail: "ben@example.com may edit, without an end" }),
  record("a3", 900, "session.login", { userId: "", userName: "", address: "2001:db8:85a3::8a2e:370:7334", outcome: "refused", target: "mallory@example.com", detail: "email or password is wrong" }),
  record("a4", 2 * hour, "user.suspend", { target: "u4", targetName: "carla@example.com" }),
  record("a5", 26 * hour, "something.new", { userId: "u2", userName: "Ben Okafor" }),
];

export const review = {
  running: true,
  folder: "shop",
  branch: "main",
  changes: [
    { path: "shop/src/server/session.ts", status: "modified", added: 6, removed: 3 },
    { path: "shop/src/server/cookie.ts", status: "untracked", added: 0, removed: 0 },
    { path: "shop/old.ts", status: "deleted", added: 0, removed: 41 },
    { path: "shop/a-folder-with-a-long-name/and-another-one-below-it/a-file-with-a-name-that-goes-on-and-on.test.ts", status: "added", added: 120, removed: 0 },
  ],
  truncated: false,
  openFiles: [
    { path: "shop/src/server/session.ts", active: true, line: 41 },
    { path: "shop/package.json", active: false, line: 1 },
  ],
  updatedAt: ago(1),
};

/** What is in the folders of the workspace. */
export const folders = {
  "": [{ name: "shop", folder: true, size: 0 }],
  shop: [
    { name: "src", folder: true, size: 0 },
    { name: "package.json", folder: false, size: 812 },
    { name: "logo.png", folder: false, size: 40_112 },
  ],
  "shop/src": [{ name: "server", folder: true, size: 0 }],
  "shop/src/server": [{ name: "session.ts", folder: false, size: 1980 }],
};

export const files = {
  "shop/src/server/session.ts": Array.from({ length: 60 }, (_, n) => (n === 40 ? 'export const name = "the line under the cursor";' : `const line${n + 1} = ${n + 1}; // one of many lines that are there to be scrolled, and this one is long`)).join("\n"),
  "shop/package.json": '{\n  "name": "shop"\n}\n',
};
