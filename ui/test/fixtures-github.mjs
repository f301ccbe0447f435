// What the stand-in knows of GitHub.
import { workspace } from "./fixtures.mjs";

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const hour = 3600;

export const githubStatus = {
  enabled: true, connected: true, login: "asha", avatarUrl: "", private: true, privateAllowed: true, problem: "",
  connectUrl: "/auth/github/connect", url: "https://github.com", webhook: true,
};

/** A repository as the API tells it. */
export function repository(fullName, changes = {}) {
  return {
    fullName, private: false, archived: false, fork: false, description: "", defaultBranch: "main", pushedAt: ago(5 * hour),
    url: `https://github.com/${fullName}`, cloneUrl: `https://github.com/${fullName}.git`, ...changes,
  };
}

const longName = "a-repository-with-a-name-that-goes-on-and-on-until-a-hundred-characters-that-are-allowed-are-there";

export const repositories = [
  repository("asha/payments", { private: true, description: "Takes money and gives receipts", pushedAt: ago(600), guess: { template: "node", reasons: ["The repository has package.json: Node.js."], honoured: [] } }),
  repository("asha/notes", { description: "Notes" }),
  repository("asha/compiler", { description: "A compiler", guess: { template: "rust", reasons: ["The repository has Cargo.toml: Rust.", "flake.nix of the repository is used too.", ".devcontainer/devcontainer.json of the repository is used too."], honoured: ["flake.nix", ".devcontainer/devcontainer.json"] } }),
  repository("asha/museum", { archived: true, pushedAt: ago(9000 * hour), description: "Kept for looking at" }),
  repository("asha/empty", { pushedAt: null, defaultBranch: "" }),
  repository(`a-very-long-organisation-name/${longName}`, { private: true, description: `${"What it does is described at length. ".repeat(8)}` }),
  ...Array.from({ length: 60 }, (_, n) => repository(`asha/thing-${String(n + 1).padStart(2, "0")}`, { pushedAt: ago((n + 9) * 24 * hour) })),
];

const branch = (name, changes = {}) => ({ name, commit: "4f1c2a9b77d04f1c2a9b77d04f1c2a9b77d04f1c", protected: false, ...changes });

export const branches = [
  branch("main", { protected: true }),
  branch("feature/#42-überprüfung&more=yes?no"),
  branch("fix/<b>bold</b>"),
  branch("עברית-first"),
  branch(`renovate/${"very-long-".repeat(20)}branch`),
  ...Array.from({ length: 40 }, (_, n) => branch(`release/1.${n}`)),
];

export const events = [
  { id: "e3", kind: "pull_request", title: "Add receipts by post", branch: "feature/receipts", author: "ben", url: "https://github.com/asha/payments/pull/7", at: ago(300), action: "opened", number: 7 },
  { id: "e2", kind: "push", title: "Round half to even, as the bank does, also when the amount is negative and the currency has no minor unit", branch: "main", author: "asha", url: "https://github.com/asha/payments/commit/4f1c2a9", at: ago(2 * hour), commits: 3 },
  { id: "e1", kind: "push", title: "javascript is no address", branch: `renovate/${"very-long-".repeat(12)}branch`, author: "mallory", url: "javascript:alert(1)", at: ago(30 * hour), commits: 1 },
];

export const nothingUnpushed = { live: true, asOf: null, found: 1, truncated: false, repositories: [] };

export const unpushed = {
  live: true, asOf: null, found: 3, truncated: true,
  repositories: [
    { folder: "payments", branches: [{ name: "main", upstream: "origin/main", commits: 2 }, { name: "feature/#42-überprüfung", commits: 1 }], uncommitted: 4, stashes: 1 },
    { folder: `experiments/${"deeper-".repeat(14)}folder`, branches: [{ name: "", commits: 1 }], uncommitted: 0, stashes: 0 },
    { folder: "broken", branches: [], uncommitted: 0, stashes: 0, problem: "Git cannot read this repository: its HEAD is damaged." },
  ],
};

/** A running workspace on a repository, with its clone as it should be. */
export const onRepository = (port, changes = {}) =>
  workspace(port, { id: "code00000001", name: "payments", status: "RUNNING", containerId: "c1", githubRepo: "asha/payments", branch: "feature/receipts", template: "node", folder: "payments", clone: { state: "done", problem: "" }, ...changes });

export const cloneProblem = "GitHub has no repository asha/payments that you may read: it was deleted, renamed or made private. Check it at GitHub, then try the clone again.";

export const notices = [
  { kind: "clone", text: cloneProblem },
  { kind: "environment", text: "The Nix cache could not be reached within 30 seconds. The workspace runs with the tools of its image; restart it once the network is back." },
];

const line = (seq, elapsed, phase, text, extra = {}) => ({ seq, elapsed, time: ago(9 - elapsed / 1000), phase, text, ...extra });

/** A start that is in the middle of its clone. */
export const cloning = [
  line(11, 1, "queue", "a place is free"),
  line(12, 4, "image", "kalpana/workspace:latest with git-lfs and jq is there (3 ms)"),
  line(13, 5, "ports", "leased 40012 and 40013 (1 ms)"),
  line(14, 410, "container", "created 4f1c2a9b77d0 (405 ms)"),
  line(15, 640, "container", "started (230 ms)"),
  line(16, 700, "code", "cloning asha/payments, feature/receipts"),
  line(17, 900, "code", "Receiving objects", { percent: 4 }),
  line(18, 1800, "code", "Receiving objects: 48 of 96 MiB, 24 MiB/s", { percent: 50, replaces: 17 }),
  line(19, 2600, "code", "Receiving objects: 71 of 96 MiB, 24 MiB/s", { percent: 74, replaces: 17 }),
];

/** A whole start, with a long build. */
export const built = [
  ...cloning.slice(0, 6),
  line(20, 4100, "code", "Receiving objects: 96 of 96 MiB, 24 MiB/s", { percent: 100, replaces: 17 }),
  ...Array.from({ length: 60 }, (_, n) => line(21 + n, 4200 + n * 50, "environment", `building '/nix/store/${"0123456789abcdfghijklmnpqrsvwxyz"}-thing-${n}.drv'...`)),
  line(90, 7300, "environment", "the cache cannot be reached; going on without"),
  line(91, 7400, "editor", "waiting for VS Code to answer"),
  line(92, 9000, "ready", "ready"),
];

/** One that ended in the middle. */
export const broken = [...cloning.slice(0, 3), line(20, 420, "error", "Docker has no room left on the disk. Free some, then start again.")];
