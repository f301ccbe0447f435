// The stand-in's GitHub, from state.github, state.repositories, state.branches, state.renamed, state.happened and state.unpushed.
import { branches, githubStatus, nothingUnpushed, repositories } from "./fixtures-github.mjs";

/** Answers /github and below. */
export function githubApi(state, { request, response, path, url, json, problem }) {
  state.github ??= structuredClone(githubStatus);
  const [, , , ...rest] = path.split("/").map(decodeURIComponent);
  if (path === "/github" && request.method === "DELETE") {
    Object.assign(state.github, { connected: false, private: false, login: "", problem: "" });
    return json(response, 204);
  }
  if (path === "/github") return json(response, 200, state.github);
  if (!state.github.connected) return problem(response, 409, "github_not_connected", "You are not connected to GitHub.");
  const known = (state.repositories ?? repositories).filter((r) => state.github.private || !r.private);
  if (rest.length === 0) return json(response, 200, page(known, url, (r) => r.fullName, ({ guess: _, ...r }) => r));
  const wanted = rest.slice(0, 2).join("/").toLowerCase();
  const found = known.find((r) => r.fullName.toLowerCase() === (state.renamed?.[wanted] ?? wanted));
  if (!found) return problem(response, 404, "repository_not_found", "GitHub shows you no such repository.");
  if (rest[2] === "branches") return json(response, 200, page(found.defaultBranch ? (state.branches ?? branches) : [], url, (b) => b.name));
  return json(response, 200, { ...found, guess: found.guess ?? { template: "blank", reasons: [], honoured: [] } });
}

function page(all, url, nameOf, shape = (one) => one) {
  const words = (url.searchParams.get("query") ?? "").toLowerCase();
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const limit = Number(url.searchParams.get("limit") ?? 30);
  const found = all.filter((one) => nameOf(one).toLowerCase().includes(words));
  return { items: found.slice(from, from + limit).map(shape), ...(found.length > from + limit && { nextCursor: String(from + limit) }) };
}

/** The repository of a workspace; state.happened holds its events. */
export function repositoryApi(state, { response, id, json }) {
  const { githubRepo = "" } = state.workspaces.find((w) => w.id === id) ?? {};
  const onGitHub = githubRepo !== "" && !githubRepo.includes("://");
  return json(response, 200, { fullName: onGitHub ? githubRepo : "", url: onGitHub ? `https://github.com/${githubRepo}` : "", events: state.happened ?? [] });
}

export function unpushedApi(state, { response, json }) {
  return json(response, 200, state.unpushed ?? nothingUnpushed);
}

export function cloneApi(state, { response, json }) {
  return json(response, 202, {});
}
