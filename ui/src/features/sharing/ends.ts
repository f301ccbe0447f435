const dayS = 86_400;

/** How long something may be shared, in seconds. */
export const offeredEnds = [dayS, 7 * dayS, 30 * dayS];

/** The moment that many seconds from now; undefined for "", which is no end. */
export function endAfter(seconds: string, now = Date.now()): string | undefined {
  return seconds === "" ? undefined : new Date(now + Number(seconds) * 1000).toISOString();
}
