// What the stand-in knows of the agent when it starts.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

export const agent = {
  configured: true,
  keySource: "server",
  ownKeysAllowed: true,
  model: "",
  mode: "ask",
  modeCap: "autoEdit",
  rules: "allow run npm test\ndeny read secrets/**",
  budgets: { turn: 1, day: 10 },
  spent: { day: 0.4231 },
};

const model = (id, name, changes = {}) => ({
  id, name, contextTokens: 200_000, maxOutputTokens: 64_000, promptPrice: 3, completionPrice: 15, tools: true, images: true, reasoning: true, default: false, ...changes,
});

export const models = [
  model("maker/large-4", "Maker: Large 4", { default: true }),
  model("maker/small-4", "Maker: Small 4", { promptPrice: 0.25, completionPrice: 1.25, reasoning: false }),
  model("other/coder-a-model-with-a-rather-long-name-70b-instruct", "Other: Coder, a model with a rather long name 70B Instruct", { images: false, promptPrice: null, completionPrice: null }),
  model("free/tiny", "Free: Tiny", { promptPrice: 0, completionPrice: 0, contextTokens: 32_768, tools: false }),
];

let made = 0;

/** A chat as the API would send it, with what the caller wants different. */
export function chat(workspaceId, changes = {}) {
  made += 1;
  return {
    id: `chat${String(made).padStart(8, "0")}`,
    workspaceId,
    title: "",
    model: "",
    mode: "ask",
    status: "idle",
    waiting: false,
    cost: 0,
    turns: 0,
    contextTokens: 0,
    contextWindow: 0,
    interrupted: false,
    createdAt: ago(made * 60),
    updatedAt: ago(made * 60),
    ...changes,
  };
}

export const user = (id, text, changes = {}) => ({ id, role: "user", metadata: { createdAt: ago(600) }, parts: [{ type: "text", text }], ...changes });

/** An answer that is done. */
export const assistant = (id, parts, metadata = {}) => ({
  id,
  role: "assistant",
  metadata: {
    runId: `run-${id}`, model: "maker/large-4", provider: "maker", mode: "ask", createdAt: ago(590), durationMs: 42_300, cost: 0.0342, estimated: false,
    promptTokens: 18_200, completionTokens: 1240, cacheReadTokens: 12_000, state: "done", ...metadata,
  },
  parts,
});

const read = (id, path, text) => ({
  type: "tool-readFile", toolCallId: id, state: "output-available", input: { path, startLine: 1, lineCount: 200 },
  output: { path, startLine: 1, endLine: text.split("\n").length, totalLines: text.split("\n").length, text },
});

export const buttonDiff = `--- a/src/Button.tsx
+++ b/src/Button.tsx
@@ -1,3 +1,5 @@
-export const Button = () => <button />;
+export function Button({ children }: { children: string }) {
+  return <button type="button">{children}</button>;
+}
 
 export default Button;
`;

/** A conversation with one of most things. */
export const conversation = [
  user("u1", "Add a label to the button in src/Button.tsx, please, and run the tests."),
  assistant("a1", [
    { type: "data-checkpoint", id: "before", data: { checkpoint: "c0ffee", createdAt: ago(595), skipped: [] } },
    { type: "data-plan", id: "plan", data: { items: [{ title: "Read the component", status: "done" }, { title: "Give it children", status: "done" }, { title: "Run the tests", status: "done" }] } },
    { type: "step-start" },
    { type: "reasoning", text: "The component takes no props. I should read it and its test first.", state: "done" },
    read("r1", "src/Button.tsx", "export const Button = () => <button />;\n\nexport default Button;"),
    read("r2", "src/Button.test.tsx", "import { Button } from './Button';"),
    { type: "step-start" },
    { type: "text", text: "The button takes no children yet. I will change `src/Button.tsx:1` and run the tests.", state: "done" },
    {
      type: "tool-editFile", toolCallId: "e1", state: "output-available",
      input: { path: "src/Button.tsx", edits: [{ oldText: "export const Button = () => <button />;", newText: "…", replaceAll: false }] },
      output: { path: "src/Button.tsx", replaced: 1, added: 3, removed: 1, diff: buttonDiff, diffTruncated: false },
    },
    {
      type: "tool-runCommand", toolCallId: "x1", state: "output-available",
      input: { command: "npm test", cwd: ".", timeoutSeconds: 120, background: false, description: "Run the tests" },
      output: { command: "npm test", cwd: ".", processId: "p1", running: false, exitCode: 0, output: "\u001b[32m✓\u001b[39m Button shows its label\n\n 1 passed\n", omittedBytes: 0, durationMs: 3200 },
    },
    { type: "data-notice", id: "n1", data: { kind: "retry", text: "The provider was busy; the step was sent again." } },
    { type: "text", text: "Done. The button shows what is put into it:\n\n```tsx\n<Button>Save</Button>\n```\n\n- `src/Button.tsx` takes **children** now\n- the test passes", state: "done" },
    {
      type: "data-diff", id: "turn",
      data: { files: [{ path: "src/Button.tsx", added: 3, removed: 1, status: "modified" }, { path: "src/old.ts", added: 0, removed: 12, status: "deleted" }], added: 3, removed: 13, checkpoint: "c0ffee" },
    },
    { type: "data-usage", id: "usage", data: { promptTokens: 18_200, completionTokens: 1240, reasoningTokens: 90, cacheReadTokens: 12_000, cost: 0.0342, estimated: false, steps: 3, contextTokens: 19_440, contextWindow: 200_000, turnBudget: 1, chatCost: 0.0342 } },
  ]),
];
