import { request } from "./client";
import { problemOf } from "./problem";

export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * Reads a stream of server-sent events until it ends or signal aborts. For streams that
 * end by themselves: an EventSource would open them again from the start.
 */
export async function* readEvents(url: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await request(url, { headers: { accept: "text/event-stream" }, signal });
  if (!response.ok || !response.body) {
    throw await problemOf(response);
  }
  yield* parseEvents(response.body);
}

/** Splits bytes into events as the HTML standard says (9.2.6), without ids and retry. */
export async function* parseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // an event without its blank line is incomplete: dropped
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split(/\r\n|\n|\r(?!$)/); // a CR at the very end may be half a CRLF
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event: event || "message", data: data.join("\n") };
          event = "";
          data = [];
          continue;
        }
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") event = text;
        else if (field === "data") data.push(text);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the consumer stopped early
  }
}
