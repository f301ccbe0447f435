// The first run, played from memory.
import { health } from "./fixtures-admin.mjs";

const needed = ["docker", "database", "address", "certificate"];

/** GET /setup: what the installation stands on; state.broken holds names of what is wrong. */
export function setupApi(state, { response, json }) {
  const checks = health.checks.filter((c) => needed.includes(c.name)).map((c) => (state.broken?.includes(c.name) ? c : { ...c, ok: true, fix: "", action: "" }));
  json(response, 200, { done: state.workspaces.length > 0, checks });
}
