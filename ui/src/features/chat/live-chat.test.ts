import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { LiveChat } from "./live-chat";
import type { ChatMessage } from "./types";

type Reply = Response | Error;

/** The server, as a list of answers by "METHOD path"; the last one of a path stays. */
const replies = new Map<string, (() => Reply)[]>();
let asked: { call: string; body: unknown }[] = [];

function on(call: string, ...answers: (() => Reply)[]) {
  replies.set(call, answers);
}

beforeEach(() => {
  replies.clear();
  asked = [];
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 20 });
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    const path = String(url).replace("/api/v1/chats", "").split("?")[0] ?? "";
    const call = `${init?.method ?? "GET"} ${path}`;
    asked.push({ call, body: init?.body ? JSON.parse(String(init.body)) : undefined });
    const list = replies.get(call) ?? [];
    const answer = (list.length > 1 ? list.shift() : list[0])?.() ?? new Response(null, { status: 204 });
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => vi.useRealTimers());

const messages = (...items: ChatMessage[]) => () => Response.json({ items });
const user = (id: string, text: string): ChatMessage => ({ id, role: "user", parts: [{ type: "text", text }] });
const refusal = (status: number, code: string) => () => Response.json({ status, code, detail: `no: ${code}` }, { status });

function stream(chunks: object[], end: "done" | "cut" | "polite" = "done") {
  return () => {
    const bytes = new TextEncoder();
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(bytes.encode(`data: ${JSON.stringify(chunk)}\n\n`));
        if (end === "done") controller.enqueue(bytes.encode("data: [DONE]\n\n"));
        if (end !== "cut") controller.close();
      },
      pull(controller) {
        if (end === "cut") controller.error(new TypeError("network error"));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

const start = { type: "start", messageId: "a1", messageMetadata: { runId: "r1", state: "running" } };
const text = (delta: string) => [{ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta }];
const finish = [{ type: "text-end", id: "t" }, { type: "finish", finishReason: "stop" }];

function open(first: ChatMessage[] = []) {
  const onEnd = vi.fn();
  const live = new LiveChat({ id: "c1", first: { items: first }, settings: () => ({ model: "", mode: "ask" }), onEnd });
  return { live, onEnd };
}

const said = (live: LiveChat) => live.store.messages.map((m) => m.parts.map((p) => (p.type === "text" ? p.text : "")).join("")).join(" | ");

test("a turn is sent, its end is news, and what the server kept takes its place", async () => {
  on("POST ", stream([start, ...text("hello"), ...finish]));
  on("GET /c1/messages", messages(user("u1", "hi (kept)"), { id: "a1", role: "assistant", metadata: { runId: "r1" }, parts: [{ type: "text", text: "hello (kept)" }] }));
  const { live, onEnd } = open();
  expect(await live.send("hi", [])).toBe(true);
  expect(said(live)).toBe("hi (kept) | hello (kept)");
  expect(live.snapshot()).toMatchObject({ busy: false, settled: "r1" });
  expect(onEnd).toHaveBeenCalledOnce();
  // The server may still say for a moment that it runs.
  asked = [];
  await live.follow("r1");
  expect(asked).toEqual([]);
});

test("a refused turn leaves everything as it was and says why", async () => {
  on("POST ", refusal(409, "run_active"));
  const { live, onEnd } = open([user("u0", "before")]);
  expect(await live.send("hi", [])).toBe(false);
  expect(said(live)).toBe("before");
  expect(live.snapshot().problem).toBeInstanceOf(Problem);
  expect(live.snapshot().problem?.message).toBe("no: run_active");
  expect(onEnd).toHaveBeenCalledOnce(); // so that the turn that runs is found
});

test.each(["cut", "polite"] as const)("a stream that ends too early (%s) is taken up until its end was seen", async (how) => {
  on("POST ", stream([start, ...text("one ")], how));
  on("GET /c1/stream", () => new TypeError("fetch failed"), refusal(503, "unavailable"), stream([start, ...text("one two"), ...finish]));
  on("GET /c1/messages", () => new TypeError("fetch failed"));
  const { live } = open();
  const lost: boolean[] = [];
  live.subscribe(() => lost.push(live.snapshot().lost !== undefined));
  const sent = live.send("hi", []);
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(1000);
    expect(live.snapshot().busy).toBe(false);
  }, 4000);
  expect(await sent).toBe(true);
  expect(said(live)).toBe("hi | one two");
  expect(lost).toContain(true);
  expect(live.snapshot().lost).toBeUndefined();
  expect(asked.filter((a) => a.call === "GET /c1/stream")).toHaveLength(3);
});

test("a turn that is over when it is asked for is read from the history", async () => {
  on("GET /c1/messages", messages(user("u1", "hi"), { id: "a1", role: "assistant", parts: [{ type: "text", text: "all of it" }] }));
  const { live } = open([user("u1", "hi")]);
  await live.follow("r1");
  expect(said(live)).toBe("hi | all of it");
  // The news that it is over may come late: it is not asked for again and again.
  asked = [];
  await live.follow("r1");
  expect(asked).toEqual([]);
  await live.follow(undefined);
  await live.follow(undefined);
  expect(asked.filter((a) => a.call === "GET /c1/stream")).toHaveLength(1);
});

test("a chat that is gone is not asked for for ever", async () => {
  on("GET /c1/stream", refusal(404, "not_found"));
  const { live } = open();
  await live.follow("r1");
  expect(live.snapshot()).toMatchObject({ busy: false });
  expect(live.snapshot().problem?.message).toBe("no: not_found");
});

test("stop names the turn; closed it asks no more", async () => {
  on("POST ", stream([start, ...text("one ")], "cut"));
  on("GET /c1/stream", () => new TypeError("fetch failed"));
  on("GET /c1/messages", messages(user("u1", "hi")));
  const { live } = open();
  const sent = live.send("hi", []);
  await vi.waitFor(() => expect(live.snapshot().lost).toBeDefined());
  await live.stop("other");
  expect(asked.find((a) => a.call === "POST /c1/stop")?.body).toEqual({ runId: "r1" });
  live.close();
  await sent;
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(before);
});

test("what is running says so, and nothing is asked twice at once", async () => {
  on("POST ", stream([start, { type: "data-status", id: "status", data: { kind: "provider", text: "waiting" }, transient: true }, ...text("x"), ...finish]));
  on("GET /c1/messages", messages());
  const { live } = open();
  const seen: (string | undefined)[] = [];
  live.subscribe(() => seen.push(live.snapshot().status?.text));
  const first = live.send("hi", []);
  expect(await live.send("again", [])).toBe(false);
  await first;
  expect(seen).toContain("waiting");
  expect(live.snapshot().status).toBeUndefined();
  expect(asked.filter((a) => a.call === "POST ")).toHaveLength(1);
});

test("closed and opened again it follows the turn anew, as pages in development do", async () => {
  const history = [user("u1", "hi"), { id: "a1", role: "assistant", metadata: { runId: "r1", state: "running" }, parts: [{ type: "text", text: "one" }] } as ChatMessage];
  on("GET /c1/messages", messages(...history));
  on("GET /c1/stream", stream([start, ...text("one two"), ...finish]));
  const { live } = open(history);
  const first = live.follow("r1");
  live.close();
  live.open();
  await first;
  expect(live.snapshot()).toMatchObject({ busy: false, settled: undefined });
  on("GET /c1/messages", () => new TypeError("fetch failed"));
  await live.follow("r1");
  expect(said(live)).toBe("hi | one two");
  expect(live.snapshot().settled).toBe("r1");
});
