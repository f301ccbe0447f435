// The real clients, `ai` 6 and 7, against a running Kalpana: no browser, no stand-in. They
// are those that internal/uistream is tested with.
//
// Reads one JSON command a line, {id, op, client, …}, and writes one JSON answer a line,
// {id, …state}. Commands of one client that wait do not hold up those of others.
import dns from "node:dns";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(path.resolve(import.meta.dirname, "../uistream/testdata/client/package.json"));
const packages = { 6: require("ai6"), 7: require("ai7") };

// Browsers take *.localhost for this machine; Node does not.
const lookup = dns.lookup;
dns.lookup = (name, options, done) => lookup(name.endsWith("localhost") ? "127.0.0.1" : name, options, done);

// The least state that AbstractChat works with; React's is the same with re-rendering.
function plainState(messages) {
  return {
    status: "ready",
    error: undefined,
    messages,
    pushMessage(m) { this.messages = this.messages.concat(m); },
    popMessage() { this.messages = this.messages.slice(0, -1); },
    replaceMessage(i, m) { this.messages = this.messages.with(i, structuredClone(m)); },
    snapshot: (m) => structuredClone(m),
  };
}

const clients = {};

// open makes a client. With lastOnly it posts what Kalpana's own page posts; without, what
// the package does by itself: the whole history.
function open({ client, version, chat, messages = [], api, headers, lastOnly }) {
  const ai = packages[version];
  const c = { version, statuses: [], chunks: 0, objections: [], data: [], busy: Promise.resolve(), running: 0 };
  const strict = lastOnly ? [7] : [6, 7]; // only a page of ours is sent what 6 does not know
  class Chat extends ai.AbstractChat {}
  c.chat = new Chat({
    id: chat,
    state: plainState(messages),
    transport: new ai.DefaultChatTransport({
      api,
      headers,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        c.statuses.push(response.status);
        if (response.status !== 200) return response;
        const copies = [response.body];
        for (const v of strict) copies.push(...copies.pop().tee());
        const [seen, ...others] = copies.reverse();
        for (const [i, copy] of others.entries()) inspect(c, strict[i], copy);
        return new Response(seen, { status: 200, headers: response.headers });
      },
      ...(lastOnly && {
        prepareSendMessagesRequest: ({ id, messages, trigger, messageId, body }) => ({ body: { id, messages: messages.slice(-1), trigger, messageId, ...body } }),
      }),
    }),
    onData: (part) => c.data.push(part),
  });
  clients[client] = c;
}

// inspect holds every chunk against a package's own schema.
async function inspect(c, version, stream) {
  const { parseJsonEventStream, uiMessageChunkSchema } = packages[version];
  try {
    for await (const chunk of parseJsonEventStream({ stream, schema: uiMessageChunkSchema })) {
      c.chunks++;
      if (!chunk.success) c.objections.push(`ai ${version}: ${chunk.error} ${JSON.stringify(chunk.rawValue)}`.slice(0, 2000));
    }
  } catch {
    // The connection was closed, by us or by the test.
  }
}

function state(c) {
  return {
    messages: c.chat.messages, status: c.chat.status, running: c.running > 0, error: c.chat.error?.message ?? "", statuses: c.statuses,
    chunks: c.chunks, objections: c.objections,
    shown: [...new Set(c.data.map((d) => (d.type === "data-status" ? d.data.kind : d.type)))],
    output: c.data.filter((d) => d.type === "data-term").map((d) => d.data.text).join(""),
  };
}

// begin lets a request run; state says whether one does.
function begin(c, request) {
  c.running++;
  c.busy = request.finally(() => c.running--);
}

const acts = {
  open,
  send: (c, { text, body }) => begin(c, c.chat.sendMessage({ text }, { body })),
  regenerate: (c) => begin(c, c.chat.regenerate()),
  resume: (c) => begin(c, c.chat.resumeStream()),
  leave: (c) => c.chat.stop(),
  wait: (c) => c.busy,
  state: () => {},
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  (async () => {
    let answer;
    try {
      if (command.op === "open") open(command);
      else await acts[command.op](clients[command.client], command);
      answer = state(clients[command.client]);
    } catch (e) {
      answer = { failed: String(e?.stack ?? e) };
    }
    process.stdout.write(JSON.stringify({ id: command.id, ...answer }) + "\n");
  })();
}
