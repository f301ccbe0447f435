import { expect, test } from "vitest";
import { inTurns } from "./in-turns";

test("all are done, so many at once, whatever becomes of one", async () => {
  let running = 0;
  let most = 0;
  const results = await inTurns([1, 2, 3, 4, 5], 2, async (n) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (n === 2) throw new Error("no");
    return n * 10;
  });
  expect(most).toBe(2);
  expect(results.map((r) => (r.status === "fulfilled" ? r.value : "failed"))).toEqual([10, "failed", 30, 40, 50]);
});

test("of nothing comes nothing", async () => {
  expect(await inTurns([], 4, () => Promise.resolve(1))).toEqual([]);
});
