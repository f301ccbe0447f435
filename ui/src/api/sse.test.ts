import { expect, test } from "vitest";
import { parseEvents, type ServerEvent } from "./sse";

async function parse(...chunks: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      controller.close();
    },
  });
  const found: ServerEvent[] = [];
  for await (const event of parseEvents(body)) found.push(event);
  return found;
}

test("events, comments and fields that do not matter", async () => {
  expect(await parse(": hello\n\nid: 1\nevent: line\ndata: {}\nretry: 5\n\ndata:a\ndata: b\n\n")).toEqual([
    { event: "line", data: "{}" },
    { event: "message", data: "a\nb" },
  ]);
});

test("every line ending, wherever the chunks are cut", async () => {
  const text = "event: line\r\ndata: one\r\n\r\nevent: line\rdata: two\r\revent: line\ndata: three\n\n";
  const want = ["one", "two", "three"].map((data) => ({ event: "line", data }));
  expect(await parse(text)).toEqual(want);
  expect(await parse(...text.split(""))).toEqual(want);
});

test("a character cut in two", async () => {
  const bytes = new TextEncoder().encode("data: 🦦\n\n");
  expect(await parse(bytes.slice(0, 8), bytes.slice(8))).toEqual([{ event: "message", data: "🦦" }]);
});

test("an event without its end is dropped, one without data too", async () => {
  expect(await parse("event: line\n\ndata: kept\n\ndata: lost")).toEqual([{ event: "message", data: "kept" }]);
});
