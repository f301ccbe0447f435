// Drives what programs do in a workspace, and looks at it in a real Chromium: a foreign MCP
// client edits a file that is open in VS Code, and a dev server inside reloads its page
// through its own host name.
//
// node programs.mjs CDP_URL LINK SCREENSHOT_DIR; prints one JSON line per step. It waits for
// a line on standard input after "workspace made", so that the test can put files there.
import dns from "node:dns";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const require = createRequire(path.resolve(import.meta.dirname, "../../ui/package.json"));
const { chromium } = require("playwright-core");
const [cdp, link, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });

// Browsers take *.localhost for this machine; Node does not.
const lookup = dns.lookup;
dns.lookup = (name, options, done) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, options, done);

const browser = await chromium.connectOverCDP(cdp);
const context = browser.contexts()[0];
context.setDefaultTimeout(60_000);
const began = Date.now();
const step = (name, more = {}) => console.log(JSON.stringify({ step: name, ms: Date.now() - began, ...more }));
const shot = (page, name) => page.screenshot({ path: path.join(shots, `${name}.png`) });

async function visit(page, url) {
  for (let tries = 5; ; tries--) {
    try {
      return await page.goto(url);
    } catch (e) {
      if (tries === 0 || !String(e).includes("ERR_NETWORK_CHANGED")) throw e;
    }
  }
}

// Calls the API as the page's user.
const api = (page, method, at, body) =>
  page.evaluate(
    async ([method, at, body]) => {
      const answer = await fetch(`/api/v1${at}`, { method, body: body && JSON.stringify(body), headers: body && { "Content-Type": "application/json" } });
      if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${await answer.text()}`);
      return answer.status === 204 ? undefined : answer.json();
    },
    [method, at, body],
  );

async function until(what, done, ms = 60_000) {
  for (const deadline = Date.now() + ms; ; ) {
    const result = await done();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 100));
  }
}

try {
  const page = await context.newPage();
  await page.setViewportSize({ width: 1280, height: 800 });
  await visit(page, link);
  await page.getByRole("heading", { name: "Your first workspace" }).waitFor();
  const made = await api(page, "POST", "/workspaces", { name: "Programs" });
  const workspace = await until("the workspace runs", async () => {
    const w = await api(page, "GET", `/workspaces/${made.id}`);
    if (w.status === "ERROR") throw new Error(w.statusReason);
    return w.status === "RUNNING" && w;
  });
  const { token } = await api(page, "POST", "/tokens", { name: "mcp" });
  step("workspace made", { id: made.id, token, wait: true });
  await new Promise((ready) => createInterface({ input: process.stdin }).once("line", ready));

  // A client that is none of ours.
  const client = new Client({ name: "foreign", version: "1" });
  const endpoint = new URL("/mcp", workspace.agentUrl.replace("wss:", "https:"));
  await client.connect(new StreamableHTTPClientTransport(endpoint, { requestInit: { headers: { Authorization: `Bearer ${token}` } } }));
  const call = async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    if (result.isError) throw new Error(`${name}: ${result.content[0].text}`);
    return result.content[0].text;
  };
  const { tools } = await client.listTools();
  for (const tool of tools) {
    if (!tool.description || tool.inputSchema.type !== "object") throw new Error(`tool ${tool.name} has no description or schema`);
  }
  step("tools listed", { tools: tools.map((t) => t.name) });

  // A file that is open in the editor changes there.
  const host = new URL(workspace.vscodeUrl).host;
  await call("writeFile", { path: "button.txt", content: "A red button\n" });
  const tab = await context.newPage();
  await tab.setViewportSize({ width: 1280, height: 800 });
  await visit(tab, `https://${host}/`);
  await tab.locator(".monaco-workbench .part.editor").waitFor({ timeout: 90_000 });
  await tab.getByRole("treeitem", { name: /button\.txt/ }).first().dblclick();
  await tab.locator(".view-line", { hasText: "red" }).first().waitFor();
  // VS Code sees no change that comes before it watches.
  let beat = 0;
  await until("VS Code watches the folder", async () => {
    await call("writeFile", { path: `beat-${beat++}.txt`, content: "" });
    await new Promise((next) => setTimeout(next, 2000));
    return (await tab.getByRole("treeitem", { name: /beat-/ }).count()) > 0;
  });
  await call("editFile", { path: "button.txt", edits: [{ oldText: "red", newText: "green" }] });
  await tab.locator(".view-line", { hasText: "green" }).first().waitFor();
  step("the edit is in VS Code");
  await shot(tab, "programs-1-edited");

  // The image's own git and ripgrep do what the bridge expects of them.
  const says = async (name, args, want) => {
    const got = await call(name, args);
    if (!got.includes(want)) throw new Error(`${name} does not say ${want}: ${got}`);
    return got;
  };
  const [checkpoint] = (await says("createCheckpoint", { message: "green" }, "green")).split(" ");
  await call("editFile", { path: "button.txt", edits: [{ oldText: "green", newText: "blue" }] });
  await says("diffCheckpoint", { id: checkpoint }, "-A green button\n+A blue button");
  await says("search", { query: "blue button" }, "button.txt\n1:A blue button");
  await says("glob", { pattern: "button.*" }, "button.txt");
  await says("restoreCheckpoint", { id: checkpoint }, "files changed");
  await says("readFile", { path: "button.txt" }, "A green button");
  await says("runCommand", { command: "mkdir repo && cd repo && git init -q && echo one > a && git add a && git -c user.name=a -c user.email=a@b commit -qm first && echo two > a" }, "exit code 0");
  await says("gitStatus", { path: "repo" }, "M repo/a");
  await says("gitDiff", { path: "repo/a" }, "-one\n+two");
  await says("runCommand", { command: "env" }, "WORKSPACE_COMMAND_ID");
  if (/KALPANA_KEY|KALPANA_SECRET/.test(await call("runCommand", { command: "env; cat /proc/1/environ 2>&1" }))) throw new Error("a command sees the bridge's secrets");
  step("search, git and checkpoints work in the image");

  // The page of a port waits until something listens there.
  const url = `https://5173-${made.id}.ws.localhost:${new URL(page.url()).port}/`;
  const preview = await context.newPage();
  await preview.setViewportSize({ width: 1280, height: 800 });
  await visit(preview, url);
  await preview.getByText(/nothing listens/i).first().waitFor();
  step("the port's page waits");
  await shot(preview, "programs-2-waits");

  await call("runCommand", { command: "node node_modules/vite/bin/vite.js --host 127.0.0.1 --port 5173 --strictPort", path: "app", background: true });
  await preview.locator("h1", { hasText: "Hello from Vite" }).waitFor({ timeout: 60_000 });
  if (preview.url() !== url) throw new Error(`the page is at ${preview.url()}`);
  step("the port's page turned into the app");
  await shot(preview, "programs-3-app");
  await until("Vite's socket is open", () => preview.evaluate(() => globalThis.viteIsThere === true));

  // A change of the source changes the page without loading it anew.
  await preview.evaluate(() => (globalThis.sameDocument = true));
  await call("editFile", { path: "app/message.js", edits: [{ oldText: "Hello from Vite", newText: "Changed while you looked" }] });
  await preview.locator("h1", { hasText: "Changed while you looked" }).waitFor();
  if (!(await preview.evaluate(() => globalThis.sameDocument))) throw new Error("the page was loaded anew");
  step("hot reload without a reload");
  await shot(preview, "programs-4-hot");

  // Nobody else may see it, until its owner says so.
  const { items } = await api(page, "GET", `/workspaces/${made.id}/ports`);
  const port = items.find((p) => p.port === 5173);
  if (!port?.listening || port.visibility !== "owner" || port.url !== url) throw new Error(`ports: ${JSON.stringify(items)}`);
  const stranger = async () => (await fetch(url, { redirect: "manual" })).status;
  if ((await stranger()) !== 401) throw new Error("a stranger gets in");
  await api(page, "PUT", `/workspaces/${made.id}/ports/5173`, { visibility: "public" });
  if ((await stranger()) !== 200) throw new Error("a public port asks for a login");
  await api(page, "PUT", `/workspaces/${made.id}/ports/5173`, { visibility: "owner" });
  if ((await stranger()) !== 401) throw new Error("a port stays public");
  step("visibility counts at once");

  // VS Code's own list of ports shows the same address.
  await tab.bringToFront();
  await tab.locator(".monaco-workbench").click({ position: { x: 5, y: 300 } }).catch(() => {});
  await tab.keyboard.press("F1");
  await tab.locator(".quick-input-widget input.input").fill(">Ports: Focus on Ports View");
  await tab.locator(".quick-input-list .monaco-list-row", { hasText: "Focus on Ports View" }).first().waitFor();
  await tab.keyboard.press("Enter");
  await tab.getByText(`5173-${made.id}.ws.localhost`).first().waitFor();
  step("VS Code's Ports panel shows the address");
  await shot(tab, "programs-5-ports");
  await client.close();
  step("done");
} catch (e) {
  for (const [i, p] of context.pages().entries()) await shot(p, `programs-failed-${i}`).catch(() => {});
  console.log(JSON.stringify({ failed: String(e?.stack ?? e) }));
  process.exitCode = 1;
} finally {
  await browser.close().catch(() => {});
  process.exit();
}
