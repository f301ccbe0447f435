import { renderHook, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useStartLog } from "./use-start-log";

function stream(...events: [event: string, data: unknown][]) {
  return new Response(events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(""), { status: 200 });
}
const line = (seq: number, elapsed: number) => ({ seq, elapsed, time: "2026-01-01T00:00:00Z", phase: "ports", text: `line ${seq}` });

test("the lines of the latest start, without those of the one before", async () => {
  vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(stream(["line", line(1, 0)], ["line", line(2, 900)], ["ping", {}], ["line", line(3, 1)], ["line", line(4, 1)]));
  const { result } = renderHook(() => useStartLog("abcdefghij12", false));
  await waitFor(() => expect(result.current.lines.map((l) => l.seq)).toEqual([3, 4]));
});

test("a log that cannot be read is said to be so", async () => {
  vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(new Response("", { status: 503 }));
  const { result } = renderHook(() => useStartLog("abcdefghij12", false));
  await waitFor(() => expect(result.current.failed).toBe(true));
});

test("leaving the page ends the stream", async () => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(() => new Promise<Response>(() => undefined));
  const { unmount } = renderHook(() => useStartLog("abcdefghij12", true));
  await waitFor(() => expect(fetched).toHaveBeenCalled());
  unmount();
  expect(fetched.mock.calls[0]?.[1]?.signal?.aborted).toBe(true);
});

test("progress takes the place of the line it replaces, whichever of its lines is named", async () => {
  const progress = (seq: number, percent: number, replaces?: number) => ({ ...line(seq, seq), percent, replaces });
  vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(
    stream(["line", line(1, 1)], ["line", progress(2, 10)], ["line", progress(3, 50, 2)], ["line", progress(4, 70, 2)], ["line", progress(5, 100, 4)], ["line", line(6, 6)], ["line", progress(8, 1, 7)]),
  );
  const { result } = renderHook(() => useStartLog("abcdefghij12", false));
  await waitFor(() => expect(result.current.lines.map((l) => [l.key, l.seq, l.began, l.percent])).toEqual([[1, 1, 1, undefined], [2, 5, 2, 100], [6, 6, 6, undefined], [7, 8, 8, 1]]));
});
