const firstMs = 1000;
const lastMs = 15_000;

/**
 * The wait before another try after so many failures in a row: longer and longer, half
 * at random. It is over early when the network comes back or the page is looked at, and
 * when signal aborts.
 */
export function nextTry(failures: number, signal: AbortSignal): { until: number; over: Promise<void> } {
  const wait = Math.min(firstMs * 2 ** (failures - 1), lastMs) * (0.5 + Math.random() / 2);
  const over = new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      document.removeEventListener("visibilitychange", onVisible);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const onVisible = () => !document.hidden && done();
    const timer = setTimeout(done, wait);
    window.addEventListener("online", done);
    document.addEventListener("visibilitychange", onVisible);
    signal.addEventListener("abort", done);
  });
  return { until: Date.now() + wait, over };
}
