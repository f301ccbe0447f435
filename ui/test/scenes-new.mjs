import { gallery } from "./fixtures.mjs";
import { githubStatus } from "./fixtures-github.mjs";

const github = (changes) => (state) => (state.github = { ...githubStatus, ...changes });
const refuse = (call, status, code, detail, errors) => (state) => state.failing.set(call, { status, code, detail, errors });
const box = (page) => page.getByRole("combobox", { name: "Repository" });
const type = (text) => async (page) => box(page).fill(text);
const linked = (query) => `/new?${new URLSearchParams(query)}`;
const more = async (page) => page.getByText("More options").click();
const openBranches = async (page) => page.getByLabel("Branch").click();

/** The page that makes a workspace. */
export const newScenes = [
  { name: "new", path: "/new", see: "asha/payments" },
  { name: "new-loading", path: "/new", given: (s) => (s.hold.set("GET /github/repos"), s.hold.set("GET /templates")), see: "Loading repositories" },
  { name: "new-loading-github", path: "/new", given: (s) => s.hold.set("GET /github"), see: "Template" },
  { name: "new-unconnected", path: "/new", given: github({ connected: false, private: false, login: "" }), see: "Connect GitHub" },
  { name: "new-no-github", path: "/new", given: github({ enabled: false, connected: false, private: false }), see: "GitHub is not set up" },
  { name: "new-public-only", path: "/new", given: github({ private: false }), see: "Show private repositories" },
  { name: "new-reconnect", path: "/new", given: github({ problem: "GitHub no longer accepts the connection: it was revoked there. Connect again." }), see: "Connect again" },
  { name: "new-limited", path: "/new", given: refuse("GET /github/repos", 429, "github_rate_limited", "GitHub answers no more questions for 12 minutes: too many were asked. Paste an address meanwhile."), see: "12 minutes" },
  { name: "new-refused", path: "/new?github_error=denied", see: "You stopped it at GitHub" },
  { name: "new-no-repositories", path: "/new", given: (s) => (s.repositories = []), see: "You have no repositories" },
  { name: "new-typed", path: "/new", act: type("git.example.com/group/thing"), see: "Use git.example.com" },
  { name: "new-typed-wrong", path: "/new", act: type("https://asha:secret@git.example.com/a/b"), see: "store it in the settings" },
  { name: "new-link", path: linked({ repo: "https://github.com/asha/compiler", branch: "release/1.7", template: "go" }), see: "Nothing is made until" },
  { name: "new-link-long", path: linked({ repo: `a-very-long-organisation-name/a-repository-with-a-name-that-goes-on-and-on-until-a-hundred-characters-that-are-allowed-are-there`, branch: "עברית-first" }), see: "described at length" },
  { name: "new-link-guess", path: linked({ repo: "asha/compiler" }), see: "The repository has Cargo.toml: Rust." },
  { name: "new-link-missing", path: linked({ repo: "nobody/nothing" }), see: "GitHub shows you no repository" },
  { name: "new-link-nonsense", path: linked({ repo: "what is this?", template: "nonesuch" }), see: "There is none, or it is not shared" },
  { name: "new-link-archived", path: linked({ repo: "asha/museum" }), see: "nothing can be pushed" },
  { name: "new-link-git", path: linked({ repo: "https://git.example.com/group/sub/thing.git" }), see: "If this host wants a login" },
  { name: "new-branches", path: linked({ repo: "asha/payments" }), act: openBranches, see: "release/1.3" },
  { name: "new-branches-empty", path: linked({ repo: "asha/empty" }), act: openBranches, see: "This repository is empty" },
  { name: "new-branches-error", path: linked({ repo: "asha/notes" }), given: refuse("GET /github/repos/asha/notes/branches", 502, "github_unreachable", "GitHub does not answer."), act: async (page) => (await openBranches(page), page.getByText("Type the name").waitFor({ timeout: 20_000 })), see: "Type the name" },
  { name: "new-more", path: linked({ repo: "asha/payments" }), act: more, see: "Large files" },
  {
    name: "new-nix",
    path: "/new",
    act: async (page) => (await more(page), page.getByLabel("Nix configuration").fill("{ pkgs }:\npkgs.mkShell { wrong here; }\n")),
    see: "Line 2, column 16",
  },
  {
    name: "new-invalid",
    path: "/new",
    given: (s) => refuse("POST /workspaces", 422, "invalid_nix", "The Nix configuration has a fault.", [{ field: "body.nixConfig", message: "syntax error, unexpected '}'", line: 1, column: 3 }])(s),
    act: async (page) => (await more(page), await page.getByLabel("Nix configuration").fill("{ }}"), page.getByRole("button", { name: "Create and start" }).press("Enter")),
    see: "marked above",
  },
  { name: "new-full", path: "/new", given: (s) => (s.workspaces = gallery(s.port)), see: "as many as you may" },
];
