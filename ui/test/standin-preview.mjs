// What listens on a port of a workspace, its links and the requests to it. Part of the stand-in.
import { inspected, inspectedRequest } from "./fixtures-preview.mjs";

const portHost = /^(\d+)-([a-z0-9]{12})\.ws\.localhost$/;

/** Answers for what listens on a port; false when the host is none. */
export function servePort(state, request, response, url) {
  const [, port, id] = portHost.exec(url.hostname) ?? [];
  if (!port) return false;
  (state.visits ??= []).push({ port: Number(port), path: url.pathname + url.search });
  if (!state.ports[id]?.some((p) => p.port === Number(port) && p.listening)) {
    response.writeHead(502, { "content-type": "text/plain" }).end("nothing listens");
    return true;
  }
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": `frame-ancestors http://ws.localhost:${url.port}` });
  response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>app</title>
    <body style="background:#f7f3e8;color:#222;font:15px sans-serif;padding:12px"><h1 style="font-size:20px">App on ${port}</h1><p id="path"></p><p id="wide"></p><a href="/about?from=link">About</a>
    <script>path.textContent = location.pathname + location.search; const measure = () => (wide.textContent = innerWidth + " wide"); measure(); addEventListener("resize", measure)</script>`);
  return true;
}

/** Answers /workspaces/{id}/links. */
export function linksApi(state, { request, response, id, rest, body, json, problem, url }) {
  const links = (state.links ??= {})[id] ?? [];
  if (request.method === "DELETE") {
    state.links[id] = links.filter((l) => l.id !== rest);
    return json(response, 204);
  }
  if (request.method !== "POST") return json(response, 200, { items: links });
  if (links.length >= 20) return problem(response, 409, "limit_reached", "A workspace has at most 20 links. End one first.");
  const made = {
    id: `l${links.length + 1}`, port: body.port, until: new Date(Date.now() + body.ttl * 1000).toISOString(), password: Boolean(body.password),
    createdAt: new Date().toISOString(), opened: 0, lastOpenedAt: null,
  };
  state.links[id] = [made, ...links];
  return json(response, 201, { ...made, url: `http://${body.port}-${id}.ws.localhost:${url.port}/.kalpana/link/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4` });
}

/** Answers /workspaces/{id}/ports/{port}/requests…; `state.requests` holds what came, newest first. */
export function requestsApi(state, { request, response, path, json, problem }) {
  const [, , , , , , rid, verb] = path.split("/");
  state.requests ??= inspected();
  const found = state.requests.find((r) => r.id === rid);
  if (!rid && request.headers.accept?.includes("text/event-stream")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": following\n\n");
    (state.followers ??= new Set()).add(response);
    const { followers } = state; // the test may have ended by then, and its state with it
    response.on("close", () => followers.delete(response));
    return undefined;
  }
  if (!rid) return json(response, 200, { items: state.requests });
  if (!found) return problem(response, 404, "not_found", "There is no such request any more.");
  if (verb !== "replay") return json(response, 200, inspectedRequest(found));
  const made = { ...found, id: `r${state.requests.length + 1}`, time: new Date().toISOString(), status: 201 };
  arrive(state, made);
  return json(response, 200, inspectedRequest(made));
}

/** A request comes to the port. */
export function arrive(state, request) {
  state.requests = [request, ...(state.requests ?? inspected())];
  state.followers?.forEach((r) => r.write(`event: request\ndata: ${JSON.stringify(request)}\n\n`));
}
