// What the stand-in answers about many workspaces: shared ones, figures, deletions that
// can be taken back, and the administrators' list.

/**
 * Answers what is its own and says so. State: `shared` (of others), `facts` by workspace,
 * `grace` (seconds, instead of what is asked for), `everybody` (the administrators' list).
 */
export function dashboardApi(state, { request, response, path, url, id, verb, json, problem }) {
  const call = `${request.method} ${path}`;
  if (call === "GET /workspaces" && url.searchParams.get("scope") === "shared") return answered(json(response, 200, { items: state.shared ?? [] }));
  if (call === "GET /workspaces/facts") {
    const asked = url.searchParams.getAll("id");
    return answered(json(response, 200, { items: asked.flatMap((one) => state.facts?.[one] ?? []) }));
  }
  if (call === "GET /admin/workspaces") return answered(adminList(state, response, url, json));
  if (path === `/workspaces/${id}` && request.method === "DELETE") return removal(state, response, url, id, json);
  if (call === `POST /workspaces/${id}/keep`) return answered(keep(state, response, id, json, problem));
  const other = find(state.everybody, id) ?? find(state.shared, id);
  if (other && !verb && request.method === "GET") return answered(json(response, 200, other));
  if (other && (verb === "stop" || verb === "start")) {
    Object.assign(other, { status: verb === "stop" ? "STOPPING" : "STARTING", updatedAt: new Date().toISOString() });
    return answered(json(response, 202, other));
  }
  return false;
}

const answered = () => true;
const find = (list, id) => list?.find((w) => w.id === id);
const tell = (state, name, data) => state.events.forEach((r) => r.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));

function removal(state, response, url, id, json) {
  const found = find(state.workspaces, id) ?? find(state.everybody, id);
  const grace = state.grace ?? Number(url.searchParams.get("grace") ?? 0);
  if (!found || grace === 0) return false;
  Object.assign(found, { deletesAt: new Date(Date.now() + grace * 1000).toISOString(), updatedAt: new Date().toISOString() });
  const timer = setTimeout(() => {
    if (!found.deletesAt) return;
    state.workspaces = state.workspaces.filter((w) => w !== found);
    state.everybody = state.everybody?.filter((w) => w !== found);
    tell(state, "workspace.deleted", { id });
  }, grace * 1000);
  timer.unref();
  json(response, 202, found);
  return true;
}

function keep(state, response, id, json, problem) {
  const found = find(state.workspaces, id) ?? find(state.everybody, id);
  if (!found?.deletesAt) return problem(response, 409, "too_late", "It is being deleted already.");
  Object.assign(found, { deletesAt: null, updatedAt: new Date().toISOString() });
  return json(response, 200, found);
}

const fields = { owner: (w) => w.owner.name || w.owner.email, lastActiveAt: (w) => w.lastActiveAt ?? "" };

function adminList(state, response, url, json) {
  const get = (name) => url.searchParams.get(name) ?? "";
  const of = fields[get("sort")] ?? ((w) => w[get("sort")] ?? w.name);
  const turn = get("order") === "desc" ? -1 : 1;
  const words = get("query").toLowerCase();
  const all = (state.everybody ?? [])
    .filter((w) => (!get("status") || w.status === get("status")) && `${w.name} ${w.githubRepo} ${w.owner.name} ${w.owner.email}`.toLowerCase().includes(words))
    .toSorted((a, b) => turn * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0) || a.id.localeCompare(b.id));
  const from = Number(get("cursor") || 0);
  const to = from + Number(get("limit") || 100);
  return json(response, 200, { items: all.slice(from, to), total: all.length, ...(to < all.length && { nextCursor: String(to) }) });
}
