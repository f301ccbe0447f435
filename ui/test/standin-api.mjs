import { setupApi } from "./standin-setup.mjs";
import { adminApi, reviewApi, sharesApi } from "./standin-admin.mjs";
import { agentApi, chatsApi, modelsApi, rulesApi, workspaceChats } from "./standin-chat.mjs";
import { dashboardApi } from "./standin-dashboard.mjs";
import { cloneApi, githubApi, repositoryApi, unpushedApi } from "./standin-github.mjs";
import { linksApi, requestsApi } from "./standin-preview.mjs";
import { gitCredentialsApi, templatesApi, variablesApi } from "./standin-templates.mjs";
import { invitations, me as account, providers, quietPort, sessions, startLog, tokens, workspace } from "./fixtures.mjs";

const known = { tokens, sessions, invitations };

const json = (response, status, body, type = "application/json") => {
  response.writeHead(status, { "content-type": type });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};
const problem = (response, status, code, detail, errors) =>
  json(response, status, { type: "about:blank", title: code, status, code, detail, errors }, "application/problem+json");

async function read(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}

/** Answers one API call from state. `state.failing` holds calls to refuse, by "METHOD /path". */
export async function api(state, request, response, url) {
  const path = url.pathname.replace("/api/v1", "");
  const call = `${request.method} ${path}`;
  const body = await read(request);
  (state.calls ??= []).push({ call, body, headers: request.headers });
  if (state.hold.has(call)) {
    const released = state.hold.get(call); // a promise, or nothing: never answered
    if (!released) return;
    await released;
  }
  if (state.failing.has(call)) {
    const { status, code, detail, errors } = state.failing.get(call);
    return problem(response, status, code, detail, errors);
  }
  if (request.method !== "GET" && request.headers.origin !== `http://${request.headers.host}`) {
    return problem(response, 403, "forbidden_origin", "Not from our own pages.");
  }
  if (path.startsWith("/auth/")) return auth(state, response, path, body);
  if (!state.signedIn) return problem(response, 401, "unauthorized", "Sign in.");
  const [, root, id, verb, port] = path.split("/");
  const whole = { request, response, path, url, id, verb, rest: port, body, json, problem };
  if ((root === "workspaces" || root === "admin") && dashboardApi(state, whole)) return;
  if (root === "workspaces" && verb === "chats") return workspaceChats(state, whole);
  if (root === "workspaces" && verb === "agent-rules") return rulesApi(state, whole);
  if (root === "workspaces" && verb === "repository") return repositoryApi(state, whole);
  if (root === "workspaces" && verb === "unpushed") return unpushedApi(state, whole);
  if (root === "workspaces" && verb === "clone") return cloneApi(state, whole);
  if (root === "workspaces" && verb === "editor") return json(response, 204);
  if (root === "workspaces" && verb === "shares") return sharesApi(state, whole);
  if (root === "workspaces" && verb === "review") return reviewApi(state, whole);
  if (root === "setup") return setupApi(state, whole);
  if (root === "admin" && id !== "workspaces") return adminApi(state, whole);
  if (root === "workspaces" && verb === "links") return linksApi(state, whole);
  if (root === "workspaces" && verb === "ports" && path.includes("/requests")) return requestsApi(state, whole);
  switch (root) {
    case "github":
      return githubApi(state, whole);
    case "templates":
      return templatesApi(state, whole);
    case "variables":
      return variablesApi(state, whole);
    case "git-credentials":
      return gitCredentialsApi(state, whole);
    case "chats":
      return chatsApi(state, whole);
    case "agent":
      return agentApi(state, whole);
    case "models":
      return modelsApi(state, whole);
    case "me":
      return me(state, request, response, body);
    case "events":
      return events(state, request, response);
    case "workspaces":
      return workspaces(state, request, response, { id, verb, port, body, url });
    case "tokens":
      return things(state, request, response, { kind: "tokens", id, made: { token: "kal_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6", ...newToken(body) } });
    case "sessions":
      return things(state, request, response, { kind: "sessions", id });
    case "invitations":
      return things(state, request, response, { kind: "invitations", id, made: newInvitation(body, url) });
    default:
      return problem(response, 404, "not_found", "There is no such address in the API.");
  }
}

function auth(state, response, path, body) {
  if (path === "/auth/providers") return json(response, 200, state.providers ?? providers);
  if (path === "/auth/logout") state.signedIn = false;
  if (path === "/auth/login" && body.password !== "correct horse battery") {
    return problem(response, 401, "invalid_credentials", "Email or password is wrong.");
  }
  if (path === "/auth/signup" && body.email === "taken@example.com") {
    return problem(response, 409, "email_taken", "There is an account with this email already. Sign in instead.");
  }
  if (path !== "/auth/logout") state.signedIn = true;
  return json(response, path === "/auth/signup" ? 201 : 204);
}

function me(state, request, response, body) {
  state.me ??= structuredClone(account);
  if (request.method === "PATCH") {
    if (body.currentPassword === "wrong") {
      return problem(response, 422, "validation_failed", "That is not your password.", [{ field: "body.currentPassword", message: "That is not your password." }]);
    }
    Object.assign(state.me.user, { ...(body.name && { name: body.name }), ...(body.email && { email: body.email }) });
  }
  return json(response, 200, state.me);
}

function events(state, request, response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": connected\n\n");
  state.events.add(response);
  request.on("close", () => state.events.delete(response));
}

function change(state, found, status, extra = {}) {
  Object.assign(found, { status, updatedAt: new Date().toISOString(), ...extra });
  state.events.forEach((r) => r.write(`event: workspace\ndata: ${JSON.stringify(found)}\n\n`));
}

function workspaces(state, request, response, { id, verb, port, body, url }) {
  if (!id && request.method === "GET") return json(response, 200, { items: state.workspaces });
  if (!id) {
    if (body.name === "taken up") return problem(response, 422, "validation_failed", "Choose another name.", [{ field: "body.name", message: "Choose another name." }]);
    const made = workspace(url.port, { ...body, status: "STARTING", createdAt: new Date().toISOString(), updatedAt: new Date().toISOString() });
    state.workspaces.unshift(made);
    return json(response, 201, made);
  }
  const found = state.workspaces.find((w) => w.id === id);
  if (!found) return problem(response, 404, "not_found", "There is no such workspace, or it is not yours.");
  if (verb === "ports") return ports(state, response, { id, port: Number(port), body: request.method === "PUT" && body });
  if (verb === "logs") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const line of state.startLog ?? startLog) response.write(`event: line\ndata: ${JSON.stringify(line)}\n\n`);
    return found.status === "STARTING" ? undefined : response.end();
  }
  if (request.method === "DELETE") {
    state.workspaces = state.workspaces.filter((w) => w !== found);
    return json(response, 202, { ...found, status: "STOPPING" });
  }
  if (request.method === "PATCH") {
    change(state, found, found.status, body);
    return json(response, 200, found);
  }
  if (verb === "start") change(state, found, "STARTING", { statusReason: "" });
  if (verb === "stop") change(state, found, "STOPPING");
  if (verb === "restart") change(state, found, "STARTING");
  return json(response, verb ? 202 : 200, found);
}

/**
 * `state.ports` holds what listens or is set, by workspace. As the server does it forgets
 * a port that is neither, and it knows one more port of its own than the pages.
 */
function ports(state, response, { id, port, body }) {
  state.ports[id] ??= [];
  if (!body) return json(response, 200, { items: state.ports[id] });
  if (port === 4040) {
    const message = "Port 4040 is the workspace's own and is not shared.";
    return problem(response, 422, "validation_failed", message, [{ field: "path.port", message }]);
  }
  const item = { ...(state.ports[id].find((p) => p.port === port) ?? quietPort(state.port, id, port)), visibility: body.visibility, rewriteHost: body.rewriteHost ?? false };
  const worthKeeping = item.listening || item.visibility !== "owner" || item.rewriteHost;
  state.ports[id] = [...state.ports[id].filter((p) => p.port !== port), ...(worthKeeping ? [item] : [])].toSorted((a, b) => a.port - b.port);
  return json(response, 200, item);
}

function things(state, request, response, { kind, id, made }) {
  state[kind] ??= [...known[kind]];
  if (request.method === "DELETE") {
    state[kind] = state[kind].filter((thing) => thing.id !== id);
    return json(response, 204);
  }
  if (request.method === "POST") {
    state[kind].unshift(made);
    return json(response, 201, made);
  }
  return json(response, 200, { items: state[kind] });
}

function newToken({ name, ttl }) {
  const expiresAt = ttl ? new Date(Date.now() + ttl * 1000).toISOString() : null;
  return { id: `t${Date.now()}`, name, prefix: "kal_Zm9v", createdAt: new Date().toISOString(), expiresAt, lastUsedAt: null };
}

function newInvitation({ email = "", admin = false, ttl = 0 }, url) {
  const expiresAt = new Date(Date.now() + ttl * 1000).toISOString();
  return { id: `i${Date.now()}`, email, admin, createdAt: new Date().toISOString(), expiresAt, usedAt: null, url: `${url.origin}/signup?invitation=Zm9vYmFyYmF6cXV4` };
}
