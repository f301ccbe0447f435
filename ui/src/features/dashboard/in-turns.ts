/**
 * Does something with each of many, so many at once, and resolves with what came of it
 * in their order. One that fails does not stop the others.
 */
export async function inTurns<T, R>(items: T[], atOnce: number, act: (item: T) => Promise<R>): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next;
      next += 1;
      try {
        results[i] = { status: "fulfilled", value: await act(items[i] as T) };
      } catch (reason) {
        results[i] = { status: "rejected", reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
