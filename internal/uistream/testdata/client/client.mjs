// The real clients, ai 6 and 7, without a browser. Each line of standard input is a
// conversation: {version, history, text, files, answers: [{body, cut}]}. The first answer is
// to a message that the user sends, the others are to resuming the stream, as after a cut
// connection. Each line of standard output tells what the client has then.
import * as ai6 from "ai6";
import * as ai7 from "ai7";
import { createInterface } from "node:readline";

const packages = { 6: ai6, 7: ai7 };

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

// chunked gives the bytes in pieces of 1,000, so that lines and characters are cut.
function chunked(text, cut) {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) {
        controller.enqueue(bytes.slice(at, (at += 1000)));
      } else if (cut) {
        controller.error(new TypeError("network error"));
      } else {
        controller.close();
      }
    },
  });
}

async function converse({ version, history = [], text = "hello", files, answers }) {
  const ai = packages[version];
  const posted = [];
  const data = [];
  let final = null;
  class Chat extends ai.AbstractChat {}
  const chat = new Chat({
    id: "chat-1",
    state: plainState(history),
    transport: new ai.DefaultChatTransport({
      api: "http://localhost/api/v1/chats",
      fetch: async (url, init) => {
        posted.push({ url: String(url), method: init.method ?? "GET", body: init.body ?? "" });
        const { body, cut, status = 200 } = answers[posted.length - 1];
        return new Response(status === 204 ? null : chunked(body, cut), { status });
      },
    }),
    onData: (part) => data.push(part),
    onFinish: ({ message }) => { final = structuredClone(message); },
  });
  await chat.sendMessage({ text, files });
  for (let i = 1; i < answers.length; i++) {
    await chat.resumeStream();
  }
  return {
    final, // every part, also what was not worth a new rendering
    messages: chat.messages,
    status: chat.status,
    error: chat.error?.message ?? "",
    data,
    posted,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await converse(JSON.parse(line))) + "\n");
}
