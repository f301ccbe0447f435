// What a chat holds, for the stand-in: every kind of card in every state worth looking at.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

let made = 0;
const call = (tool, input, rest) => ({ type: `tool-${tool}`, toolCallId: `call${++made}`, input, ...rest });

/** A call that ended well. */
export const done = (tool, input, output) => call(tool, input, { state: "output-available", output });
export const failed = (tool, input, errorText) => call(tool, input, { state: "output-error", errorText });
/** A call that waits for the user. */
export const asks = (tool, input, descriptor) =>
  call(tool, input, { state: "approval-requested", approval: { id: `approval${made + 1}`, descriptor: { expiresAt: ago(-14 * 60), ...descriptor } } });

export const text = (words, state = "done") => ({ type: "text", text: words, state });

export const user = (words, id = `user${++made}`) => ({ id, role: "user", metadata: { createdAt: ago(300) }, parts: [text(words)] });

export const agent = (parts, metadata = {}) => ({
  id: `agent${++made}`,
  role: "assistant",
  metadata: {
    runId: "run1", model: "anthropic/claude-sonnet-4.5", provider: "openrouter", mode: "ask", createdAt: ago(290), durationMs: 48_200, cost: 0.0413, estimated: false,
    promptTokens: 48_210, completionTokens: 2_113, cacheReadTokens: 41_002, state: "done", ...metadata,
  },
  parts: [{ type: "step-start" }, ...parts],
});

export const diff = `diff --git a/src/server/session.ts b/src/server/session.ts
index 3f1c2aa..9b77d01 100644
--- a/src/server/session.ts
+++ b/src/server/session.ts
@@ -38,9 +38,12 @@ export async function openSession(request: Request): Promise<Session> {
   const token = cookie(request, "session");
   if (!token) throw new Unauthorized("no session cookie");
-  const found = await sessions.findOne({ token });
-  if (!found) throw new Unauthorized("unknown session");
-  return found;
+  const found = await sessions.findOne({ tokenHash: sha256(token) });
+  if (!found || found.expiresAt < Date.now()) {
+    // Both cases read the same from outside: nobody learns which tokens once existed.
+    throw new Unauthorized("unknown session");
+  }
+  return { ...found, lastSeenAt: Date.now() };
 }
 
 export function closeSession(id: string): Promise<void> {
`;

const escape = "\u001B[";
export const testOutput = `${escape}2m> vitest run${escape}0m

 ${escape}42m${escape}30m PASS ${escape}0m src/server/session.test.ts ${escape}2m(12 tests)${escape}0m
 ${escape}41m${escape}37m FAIL ${escape}0m src/server/cookie.test.ts ${escape}31m2 failed${escape}0m
   ${escape}31m× refuses a cookie without a signature${escape}0m
     ${escape}33mAssertionError:${escape}0m expected ${escape}32m401${escape}0m, got ${escape}31m200${escape}0m
   ${escape}36mat src/server/cookie.test.ts:31:24${escape}0m

 Progress  10%\r Progress  60%\r Progress 100%
 ${escape}1mTests${escape}0m  ${escape}31m2 failed${escape}0m | ${escape}32m41 passed${escape}0m
`;

const tree = `src/
├── client/
│   ├── app.tsx  3.1 kB
│   └── main.tsx  0.4 kB
└── server/
    ├── cookie.ts  1.2 kB
    └── session.ts  4.8 kB
`;

export const words = `I moved the lookup to **hashed tokens** and made expiry part of it. Three things to know:

1. \`src/server/session.ts:41\` compares hashes; the plain token is no longer stored anywhere.
2. Old sessions end. Sign in again after the deploy, or run the migration in \`scripts/hash-sessions.sql\`.
3. Two tests of [cookies](https://developer.mozilla.org/en-US/docs/Web/HTTP/Cookies) still fail; they were wrong before.

> The index on \`tokenHash\` is unique, so a collision is an error and not a shared session.

| file | lines | tests |
|---|---:|---|
| session.ts | 6 | 12 pass |
| cookie.ts | 0 | 2 fail |

\`\`\`ts
// How a token becomes what is stored.
export async function sha256(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(digest).toString("hex"); // 64 characters
}
\`\`\`

- [x] hash tokens
- [ ] drop the old column

![the architecture](https://pictures.example/leak.png?d=secret) and a link that lies: [github.com](https://evil.example/login).`;

/** Every tool, finished. */
export const finishedCalls = () => [
  done("readFile", { path: "src/server/session.ts" }, { path: "src/server/session.ts", startLine: 38, endLine: 44, totalLines: 122, text: "  const token = cookie(request, \"session\");\n  if (!token) throw new Unauthorized(\"no session cookie\");\n  const found = await sessions.findOne({ token });\n  if (!found) throw new Unauthorized(\"unknown session\");\n  return found;\n}\n\n" }),
  text("First a look around."),
  done("listFiles", { path: "src", depth: 2 }, { path: "src", text: tree, entries: 6, omitted: 0 }),
  text("Then where it is used."),
  done("searchCode", { query: "openSession", path: "src" }, {
    matches: [
      { path: "src/server/session.ts", line: 38, text: "export async function openSession(request: Request): Promise<Session> {" },
      { path: "src/server/session.ts", line: 39, text: "  const token = cookie(request, \"session\");", neighbour: true },
      { path: "src/server/routes/account.ts", line: 12, text: "  const session = await openSession(request);" },
    ],
    files: 2, truncated: true,
  }),
  text("Now the change."),
  done("editFile", { path: "src/server/session.ts", edits: [{}] }, { path: "src/server/session.ts", replaced: 1, added: 6, removed: 3, diff, diffTruncated: false }),
  done("writeFile", { path: "scripts/hash-sessions.sql", content: "…" }, { path: "scripts/hash-sessions.sql", created: true, added: 2, removed: 0, diff: "--- /dev/null\n+++ b/scripts/hash-sessions.sql\n@@ -0,0 +1,2 @@\n+alter table sessions add column token_hash text unique;\n+update sessions set token_hash = encode(sha256(token::bytea), 'hex');\n" }),
  done("moveFile", { from: "src/hash.ts", to: "src/server/hash.ts" }, { from: "src/hash.ts", to: "src/server/hash.ts" }),
  done("deleteFile", { path: "src/old-session.ts" }, { path: "src/old-session.ts", count: 1 }),
  done("runCommand", { command: "npm test -- --run", description: "" }, { command: "npm test -- --run", cwd: ".", running: false, exitCode: 1, output: testOutput, omittedBytes: 0, durationMs: 12_400 }),
  done("runCommand", { command: "npm run dev", background: true }, { command: "npm run dev", cwd: "web", processId: "p1", running: true, output: "ready on http://localhost:3000\n", omittedBytes: 0, durationMs: 2100, ports: [{ port: 3000, url: "http://3000-running00001.ws.localhost/" }] }),
  done("previewPort", { port: 3000, path: "/" }, { port: 3000, url: "http://3000-running00001.ws.localhost/", status: 200, title: "Sign in", text: "Email\nPassword\nSign in" }),
  done("gitStatus", {}, { root: ".", branch: "hashed-sessions", ahead: 1, behind: 0, files: [{ path: "src/server/session.ts", index: ".", worktree: "M" }, { path: "scripts/hash-sessions.sql", index: "A", worktree: "." }], truncated: false }),
  done("gitCommit", { message: "session: store hashes of tokens" }, { hash: "9b77d013f1c2aa4e", branch: "hashed-sessions", files: 2, added: 8, removed: 3 }),
  done("askUser", { question: "Keep old sessions alive?", options: ["Yes", "No"] }, { answer: "No" }),
  done("someTool", { what: "a tool this page does not know" }, { fine: true }),
  failed("editFile", { path: "src/app.ts", edits: [{ oldText: "a", newText: "b" }] }, "EDIT_NO_MATCH: edit 1: oldText not found in src/app.ts. Nearest text at lines 4–9. None of the edits was applied."),
  call("runCommand", { command: "git push --force" }, { state: "output-denied", approval: { id: "old", approved: false, reason: "open a pull request instead" } }),
];

const choices = [
  { scope: "once", text: "Allow once" },
  { scope: "run", text: "Allow for this turn" },
  { scope: "workspace", text: "Always allow", rules: ["npm install *"] },
];

/** Two calls and a question that wait. */
export const waitingCalls = () => [
  asks("runCommand", { command: "npm install argon2 --save-exact", description: "" }, {
    kind: "call", tool: "runCommand", title: "Run a command that installs packages", reason: "npm install is not covered by a rule of this workspace.",
    risk: "Packages may run scripts of their own when they are installed.", command: "npm install argon2 --save-exact", cwd: ".", choices,
  }),
  asks("editFile", { path: "src/server/session.ts", edits: [] }, {
    kind: "call", tool: "editFile", title: "Change src/server/session.ts", reason: "This chat asks before it changes files.", diff, paths: ["src/server/session.ts"], choices: choices.slice(0, 2),
  }),
];

export const question = () =>
  asks("askUser", { question: "Which database should the sessions go to?", options: [] }, {
    kind: "question", question: "Which database should the sessions go to?", options: ["PostgreSQL, which the app has already", "Redis", "Or a file"],
  });
