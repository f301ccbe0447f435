// A stand-in for the gateway, for tests of the pages alone: serves dist, answers the
// API from memory, and plays the editor's host with its detour over the main origin.
// `node test/standin.mjs` serves it for looking around by hand.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { api } from "./standin-api.mjs";
import { servePort } from "./standin-preview.mjs";
import { gallery, portGallery } from "./fixtures.mjs";
import { chat, conversation } from "./fixtures-chat.mjs";

const ui = new URL("../", import.meta.url);
/** What is served; DIST names another build. */
const dist = process.env.DIST ?? "dist";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** The policy the Go handler sends, read from its source so that there is one of them. */
function policy(port) {
  const source = readFileSync(new URL("policy.go", ui), "utf8");
  const expression = /basePolicy = ([^\n]+(?:\n\t[^\n]+)*)/.exec(source)?.[1] ?? "";
  const base = [...expression.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join("");
  if (!base.endsWith("frame-src ")) throw new Error("policy.go no longer ends with frame-src");
  return `${base}'self' http://*.ws.localhost:${port}`;
}

function page(pathname) {
  const file = pathname === "/" || !extname(pathname) ? "/index.html" : pathname;
  return { body: readFileSync(new URL(`${dist}${file}`, ui)), type: types[extname(file)] ?? "application/octet-stream" };
}

function fresh() {
  return { signedIn: true, workspaces: [], events: new Set(), failing: new Map(), hold: new Map(), delay: 0, ports: {}, chats: [], messages: {}, turns: new Map() };
}

/** Starts it on a free port. `state` may be changed by tests at any time. */
export async function startStandIn(port = 0) {
  const state = fresh();
  const server = createServer((request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const { hostname, pathname } = url;
    const editor = /^([a-z0-9]{12})\.ws\.localhost$/.exec(hostname);
    if (servePort(state, request, response, url)) return;
    if (editor) return serveEditor(editor[1], url, request, response);
    if (pathname === "/auth/ticket") {
      return redirect(response, `http://${url.searchParams.get("id")}.ws.localhost:${url.port}/.kalpana/ticket`);
    }
    if (pathname.startsWith("/api/")) return api(state, request, response, url);
    try {
      const { body, type } = page(pathname);
      response.writeHead(200, { "content-type": type, "content-security-policy": policy(url.port), "cross-origin-opener-policy": "same-origin" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  state.port = server.address().port;
  return {
    state,
    origin: `http://ws.localhost:${state.port}`,
    /** Sends an event to every open page. */
    push: (name, data) => state.events.forEach((r) => r.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)),
    /** Forgets everything, for the next test. */
    reset: () => {
      server.closeAllConnections();
      const kept = { port: state.port };
      for (const name of Object.keys(state)) delete state[name];
      Object.assign(state, fresh(), kept);
    },
    /** Breaks every open event stream. */
    cut: () => state.events.forEach((r) => r.destroy()),
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

function redirect(response, location, headers = {}) {
  response.writeHead(303, { location, ...headers }).end();
}

function serveEditor(id, url, request, response) {
  if (url.pathname === "/.kalpana/ticket") {
    return redirect(response, "/", { "set-cookie": "editor=1; HttpOnly; Path=/; SameSite=Lax" });
  }
  if (!/\beditor=1\b/.test(request.headers.cookie ?? "")) {
    return redirect(response, `http://ws.localhost:${url.port}/auth/ticket?id=${id}`);
  }
  response.writeHead(200, { "content-type": types[".html"], "content-security-policy": `frame-ancestors http://ws.localhost:${url.port}` });
  response.end(`<!doctype html><html lang="en"><title>editor</title><body style="background:#1e1e1e;color:#ccc;font:14px sans-serif">
    <h1 style="font-size:16px">Editor of ${id}</h1><p id="storage"></p>
    <script>localStorage.setItem("k", "kept"); document.getElementById("storage").textContent = localStorage.getItem("k")</script>`);
}

if (process.argv[1] === import.meta.filename) {
  const standIn = await startStandIn(Number(process.env.PORT ?? 0));
  standIn.state.workspaces = gallery(standIn.state.port);
  standIn.state.chats = [chat("running00001", { title: "Label the button", cost: 0.0342, contextTokens: 19_440, contextWindow: 200_000 })];
  standIn.state.messages[standIn.state.chats[0].id] = structuredClone(conversation);
  standIn.state.ports.running00001 = portGallery(standIn.state.port, "running00001");
  process.stdout.write(`${standIn.origin}\n`);
}
