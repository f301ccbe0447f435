// Administration, sharing and review, played from memory.
import { audit, figures, files, folders, health, review, shares, users } from "./fixtures-admin.mjs";
import { diff } from "./chat-messages.mjs";

export function sharesApi(state, { request, response, id, rest, body, json, problem }) {
  const all = ((state.shares ??= {})[id] ??= structuredClone(shares));
  const key = decodeURIComponent(rest ?? "");
  if (request.method === "PUT") {
    if (!key.endsWith("@example.com")) return problem(response, 404, "user_not_found", `Nobody here has the email ${key}. Invite them first, or ask an administrator to.`);
    const known = all.find((s) => s.email === key);
    const made = { userId: known?.userId ?? `u${Date.now()}`, name: known?.name ?? "", email: key, createdAt: new Date().toISOString(), until: null, ...body };
    state.shares[id] = known ? all.map((s) => (s === known ? made : s)) : [...all, made];
    return json(response, 200, made);
  }
  if (request.method === "DELETE") {
    state.shares[id] = all.filter((s) => s.userId !== key);
    return json(response, 204);
  }
  return json(response, 200, { items: all });
}

export function reviewApi(state, { response, rest, url, json, problem }) {
  const shown = state.review ?? review;
  const path = url.searchParams.get("path") ?? "";
  switch (rest) {
    case undefined:
      return json(response, 200, shown);
    case "diff":
      return json(response, 200, { diff: path.endsWith("session.ts") ? diff : "", truncated: false });
    case "files":
      return json(response, 200, { items: folders[path] ?? [] });
    default:
      if (path.endsWith(".png")) return json(response, 200, { path, text: null, size: 40_112, truncated: false });
      if (!(path in files)) return problem(response, 404, "not_found", "There is no such file.");
      return json(response, 200, { path, text: files[path], size: files[path].length, truncated: false });
  }
}

export function adminApi(state, call) {
  const { response, id: what, verb: id, rest, body, url, json, problem } = call;
  const words = (url.searchParams.get("query") ?? "").toLowerCase();
  switch (what) {
    case "health":
      state.health ??= structuredClone(health);
      if (rest === "fix") {
        const check = state.health.checks.find((c) => c.name === id);
        Object.assign(check, { ok: true, detail: "mended", fix: "", action: "" });
        return json(response, 200, { check });
      }
      return json(response, 200, state.health);
    case "metrics":
      return json(response, 200, state.figures ?? figures);
    case "users": {
      state.users ??= structuredClone(users);
      if (id) {
        const found = state.users.find((u) => u.id === id);
        if (id === "u1" && (body.admin === false || body.suspended)) return problem(response, 409, "last_admin", "This is the last administrator. Make somebody else one first.");
        Object.assign(found, body);
        return json(response, 200, found);
      }
      const fitting = state.users.filter((u) => `${u.name} ${u.email}`.toLowerCase().includes(words));
      return json(response, 200, { items: fitting, total: fitting.length });
    }
    case "audit": {
      const [action, user, cursor] = ["action", "user", "cursor"].map((name) => url.searchParams.get(name) ?? "");
      const all = state.audit ?? audit;
      const fitting = all.filter((r) => (action.endsWith(".") ? r.action.startsWith(action) : !action || r.action === action) && (!user || r.userId === user) && (!words || JSON.stringify(r).toLowerCase().includes(words)));
      const start = Number(cursor);
      const limit = Number(url.searchParams.get("limit") ?? 100);
      return json(response, 200, { items: fitting.slice(start, start + limit), ...(start + limit < fitting.length && { nextCursor: String(start + limit) }) });
    }
    default:
      return problem(response, 404, "not_found", "There is no such address in the API.");
  }
}
