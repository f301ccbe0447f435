// The chats of the stand-in. Tests set `state.agentTurn`, an async function of a Turn and
// the message it answers, which plays the agent.
import { agent, buttonDiff, chat, models } from "./fixtures-chat.mjs";
import { Turn } from "./standin-turn.mjs";

const push = (state, name, data) => state.events.forEach((r) => r.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));

/** Changes a chat and tells every open page. */
export function changeChat(state, found, changes) {
  Object.assign(found, changes, { updatedAt: new Date().toISOString() });
  push(state, "chat", found);
}

export function agentApi(state, { request, response, path, body, json }) {
  state.agent ??= structuredClone(agent);
  if (request.method === "PATCH") Object.assign(state.agent, body);
  if (path === "/agent/key") {
    const own = request.method === "PUT";
    Object.assign(state.agent, { configured: own, keySource: own ? "own" : "none", keyHint: own ? `…${body.key.slice(-4)}` : undefined });
    return json(response, 204);
  }
  return json(response, 200, state.agent);
}

export const modelsApi = (state, { response, json }) => json(response, 200, { items: state.models ?? models });

export function rulesApi(state, { request, response, body, json }) {
  state.rules ??= "";
  if (request.method === "PUT") state.rules = body.rules;
  return json(response, 200, { rules: state.rules });
}

export function workspaceChats(state, { request, response, id, body, json }) {
  if (request.method === "GET") return json(response, 200, { items: state.chats.filter((c) => c.workspaceId === id).toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt)) });
  // As the server has it, a key makes one chat.
  const key = request.headers["idempotency-key"];
  const known = key && state.chats.find((c) => c.id === state.keys?.get(key));
  if (known) return json(response, 201, known);
  const made = chat(id, { ...body, createdAt: new Date().toISOString(), updatedAt: new Date().toISOString() });
  (state.keys ??= new Map()).set(key, made.id);
  state.chats.unshift(made);
  push(state, "chat", made);
  return json(response, 201, made);
}

export async function chatsApi(state, call) {
  const { request, response, id, verb, rest, body, json, problem } = call;
  if (!id) return begin(state, call);
  const found = state.chats.find((c) => c.id === id);
  if (!found) return problem(response, 404, "not_found", "There is no such chat, or it is not yours.");
  const turn = state.turns.get(id);
  const messages = (state.messages[id] ??= []);
  switch (verb) {
    case undefined:
      if (request.method === "PATCH") changeChat(state, found, body);
      if (request.method !== "DELETE") return json(response, 200, found);
      state.chats = state.chats.filter((c) => c !== found);
      push(state, "chat.deleted", { id, workspaceId: found.workspaceId });
      return json(response, 204);
    case "messages":
      return json(response, 200, page([...messages, ...(turn ? [await turn.message()] : [])].filter(Boolean), call.url));
    case "stream":
      return turn ? turn.watch(request, response) : json(response, 204);
    case "stop":
      turn?.tell("stop");
      return json(response, 204);
    case "approvals":
      if (!turn?.tell(rest, body)) return problem(response, 409, "approval_answered", "It was answered already.");
      changeChat(state, found, { waiting: false });
      return json(response, 204);
    case "checkpoints":
      return json(response, 200, { diff: buttonDiff, truncated: false, files: 1, added: 3, removed: 1, changes: [] });
    default:
      return restore(state, found, call);
  }
}

/** Two messages are a turn here; the cursor is how many of the newest are left out. */
function page(all, url) {
  const skip = Number(url.searchParams.get("cursor") ?? 0);
  const end = all.length - skip;
  const start = Math.max(0, end - 2 * Number(url.searchParams.get("limit") ?? 20));
  return { items: all.slice(start, end), ...(start > 0 && { nextCursor: String(all.length - start) }) };
}

function begin(state, { request, response, body, json, problem }) {
  const found = state.chats.find((c) => c.id === body.id);
  if (!found) return problem(response, 404, "not_found", "There is no such chat, or it is not yours.");
  if (found.status === "running") return json(response, 409, { status: 409, code: "run_active", detail: "A turn runs in this chat already.", runId: found.runId });
  const messages = (state.messages[found.id] ??= []);
  const [message] = body.messages;
  const cut = messages.findIndex((m) => m.id === (body.messageId ?? message.id));
  if (cut >= 0) messages.splice(cut);
  if (body.trigger === "submit-message") messages.push(message);
  const runId = `run${Date.now()}`;
  const turn = new Turn(runId, `m${runId}`);
  state.turns.set(found.id, turn);
  const said = message.parts.find((p) => p.type === "text")?.text ?? "";
  changeChat(state, found, { status: "running", runId, title: found.title || said.slice(0, 60) });
  turn.begin();
  turn.watch(request, response);
  void play(state, found, turn, message);
}

async function play(state, found, turn, message) {
  await (state.agentTurn ?? echo)(turn, message);
  turn.end();
  state.messages[found.id].push(await turn.message());
  state.turns.delete(found.id);
  changeChat(state, found, { status: "idle", runId: undefined, waiting: false, turns: found.turns + 1, cost: found.cost + 0.0123, contextTokens: 19_440, contextWindow: 200_000 });
}

function echo(turn, message) {
  turn.text("t", `You said: ${message.parts.at(-1)?.text}`);
}

function restore(state, found, { response, body, json }) {
  const messages = state.messages[found.id];
  let text = "";
  if (body.chat) {
    const at = messages.findIndex((m) => m.parts.some((p) => p.type === "data-checkpoint" && p.data.checkpoint === body.checkpoint));
    const from = Math.max(0, at - 1);
    text = messages[from]?.parts.find((p) => p.type === "text")?.text ?? "";
    messages.splice(from);
  }
  return json(response, 200, { before: body.files ? "beef" : "", changed: body.files ? 1 : 0, removedMessages: body.chat ? 2 : 0, text });
}
