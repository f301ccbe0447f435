import { expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { newQueryClient, retryDelay } from "./query-client";

const problem = (status: number, retryAfter = 0) => new Problem(status, "code", "detail", [], retryAfter);

test("nothing is asked again before the server said", () => {
  expect(retryDelay(0, problem(503))).toBe(1000);
  expect(retryDelay(1, problem(503))).toBe(2000);
  expect(retryDelay(0, problem(503, 5))).toBe(5000);
  expect(retryDelay(9, problem(429, 2))).toBe(30_000);
  expect(retryDelay(0, new TypeError("x"))).toBe(1000);
});

test("what is refused for a short time is asked again when that is over, other refusals are not", async () => {
  vi.useFakeTimers();
  try {
    for (const [error, asked] of [
      [problem(429, 2), 3],
      [problem(429, 60), 1],
      [problem(429), 1],
      [problem(403), 1],
    ] as const) {
      const queryFn = vi.fn(() => Promise.reject(error));
      const done = newQueryClient(() => undefined)
        .fetchQuery({ queryKey: ["x"], queryFn, retry: newQueryClient(() => undefined).getDefaultOptions().queries?.retry })
        .catch((reason: unknown) => reason);
      await vi.advanceTimersByTimeAsync(1900);
      expect(queryFn).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await done).toBe(error);
      expect(queryFn).toHaveBeenCalledTimes(asked);
    }
  } finally {
    vi.useRealTimers();
  }
});
