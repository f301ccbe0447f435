import { readUIMessageStream } from "ai";

/** A turn of the stand-in's agent: what it sent, who watches it, and what it waits for. */
export class Turn {
  chunks = [];
  over = false;
  #viewers = new Set();
  #waits = new Map();

  constructor(runId, messageId) {
    this.runId = runId;
    this.messageId = messageId;
  }

  /** Begins as the server does: with the message's id and what it is known by. */
  begin(metadata = {}) {
    this.send({ type: "start", messageId: this.messageId, messageMetadata: { runId: this.runId, model: "maker/large-4", mode: "ask", createdAt: new Date().toISOString(), state: "running", ...metadata } });
  }

  send(...chunks) {
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      for (const viewer of this.#viewers) viewer.write(frame(chunk));
    }
  }

  /** A piece of text in a part of its own. */
  text(id, ...deltas) {
    this.send({ type: "text-start", id }, ...deltas.map((delta) => ({ type: "text-delta", id, delta })), { type: "text-end", id });
  }

  /** Ends it; state is what is written down of it. */
  end(state = "done", metadata = {}) {
    if (this.over) return;
    const reason = state === "failed" ? "error" : "stop";
    this.send(
      { type: "message-metadata", messageMetadata: { state, durationMs: 3100, cost: 0.0123, promptTokens: 1200, completionTokens: 80, ...metadata } },
      { type: "finish", finishReason: reason },
    );
    this.over = true;
    for (const viewer of this.#viewers) viewer.end("data: [DONE]\n\n");
    this.#viewers.clear();
  }

  /** Resolves when somebody answers that approval, or says stop ("stop"). */
  wait(what) {
    return new Promise((resolve) => this.#waits.set(what, resolve));
  }

  tell(what, value) {
    const resolve = this.#waits.get(what);
    this.#waits.delete(what);
    resolve?.(value);
    return resolve !== undefined;
  }

  watch(request, response) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-vercel-ai-ui-message-stream": "v1" });
    response.write(": stream-open\n\n");
    for (const chunk of this.chunks) if (!chunk.transient || chunk.type === "data-term") response.write(frame(chunk));
    if (this.over) return response.end("data: [DONE]\n\n");
    this.#viewers.add(response);
    request.on("close", () => this.#viewers.delete(response));
  }

  /** Breaks every viewer's connection. */
  cut() {
    for (const viewer of this.#viewers) viewer.destroy();
    this.#viewers.clear();
  }

  /** The message as it would be stored now, folded by the same package that the pages use. */
  async message() {
    const kept = this.chunks.filter((chunk) => !chunk.transient);
    const stream = new ReadableStream({
      start(controller) {
        for (const chunk of kept) controller.enqueue(chunk);
        controller.close();
      },
    });
    let message;
    for await (const next of readUIMessageStream({ stream })) message = next;
    return message;
  }
}

const frame = (chunk) => `data: ${JSON.stringify(chunk)}\n\n`;
