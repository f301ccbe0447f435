// The stand-in's templates, variables and Git hosts, from state.templates, state.versions, state.variables, state.credentials.
import { emptyDefinition, gitCredentials, template, templates, variables, versions } from "./fixtures-templates.mjs";

const now = () => new Date().toISOString();

/** Knows a package it does not like, and Nix text with a line it does not. */
function problemsOf({ definition, nix }) {
  const found = (definition?.packages ?? []).flatMap((name, n) =>
    name === "no-such-package" ? [{ field: `packages[${n}]`, line: 0, column: 0, severity: "error", message: "There is no Debian package no-such-package." }] : [],
  );
  (nix ?? definition?.flake ?? "").split("\n").forEach((line, n) => {
    if (line.includes("wrong")) found.push({ field: nix === undefined ? "flake" : "nix", line: n + 1, column: line.indexOf("wrong") + 1, severity: "error", message: "syntax error, unexpected identifier" });
  });
  return found;
}

export function templatesApi(state, { request, response, id, verb, body, json, problem }) {
  state.templates ??= structuredClone(templates);
  state.versions ??= structuredClone(versions);
  const { method } = request;
  if (!id && method === "GET") return json(response, 200, { items: state.templates });
  if (!id) {
    if (body.name === "taken up") return problem(response, 422, "invalid_template", "Choose another name.", [{ field: "body.name", message: "Choose another name." }]);
    const made = template(`made0000000${state.templates.length}`.slice(0, 12), { ...body, ownerId: "u1", mine: true, publishedVersion: 0, tried: false });
    state.templates.push(made);
    return json(response, 201, made);
  }
  if (id === "validate") {
    const problems = problemsOf(body);
    return json(response, 200, { valid: problems.length === 0, problems });
  }
  const found = state.templates.find((t) => t.id === id);
  if (!found) return problem(response, 404, "not_found", "There is no such template, or it is not shared with you.");
  const kept = (state.versions[id] ??= [{ version: found.version, createdAt: found.updatedAt, tried: found.tried, publishedAt: null, definition: found.definition }]);
  if (verb === "versions") return json(response, 200, { items: kept });
  if (verb === "try") {
    const made = { id: "trial0000001" };
    return json(response, 201, { workspaceId: made.id });
  }
  if (verb === "publish") {
    if (!found.tried) return problem(response, 409, "template_not_tried", "Try the newest version first.");
    found.publishedVersion = found.version;
    return json(response, 200, found);
  }
  if (method === "DELETE") {
    state.templates = state.templates.filter((t) => t !== found);
    return json(response, 204);
  }
  if (method === "PUT") {
    const { definition, shared, base, ...rest } = body;
    if (base && base !== found.version) return problem(response, 409, "conflict", "The template was changed at the same time. Reload it and try again.");
    Object.assign(found, rest, { updatedAt: now() });
    if (shared !== undefined) Object.assign(found, { shared, sharedVersion: shared ? found.publishedVersion : 0 });
    if (definition) {
      Object.assign(found, { definition: { ...emptyDefinition, ...definition }, version: found.version + 1, tried: false });
      kept.unshift({ version: found.version, createdAt: now(), tried: false, publishedAt: null, definition: found.definition });
    }
  }
  return json(response, 200, found);
}

export function variablesApi(state, { request, response, url, id, body, json, problem }) {
  state.variables ??= structuredClone(variables);
  if (!id) return json(response, 200, { items: state.variables });
  const scope = body.template ?? url.searchParams.get("template") ?? "";
  const others = state.variables.filter((v) => v.name !== id || v.template !== scope);
  if (request.method === "DELETE") {
    state.variables = others;
    return json(response, 204);
  }
  if (body.value === "refused") return problem(response, 422, "validation_failed", "That is not text.", [{ field: "body.value", message: "That is not text." }]);
  const made = { name: id, secret: body.secret, ...(!body.secret && { value: body.value }), template: scope, updatedAt: now() };
  state.variables = [...others, made].toSorted((a, b) => a.name.localeCompare(b.name));
  return json(response, 200, made);
}

export function gitCredentialsApi(state, { request, response, id, body, json, problem }) {
  state.credentials ??= structuredClone(gitCredentials);
  if (!id) return json(response, 200, { items: state.credentials });
  const host = decodeURIComponent(id);
  if (host === "github.com") return problem(response, 422, "validation_failed", "Connect GitHub instead.", [{ field: "path.host", message: "GitHub is connected in its own section." }]);
  const others = state.credentials.filter((c) => c.host !== host);
  if (request.method === "DELETE") {
    state.credentials = others;
    return json(response, 204);
  }
  const made = { host, username: body.username, createdAt: now(), problem: "" };
  state.credentials = [...others, made];
  return json(response, 200, made);
}
