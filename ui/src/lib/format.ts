const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const dateOnly = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "5 minutes ago", "just now": of what has happened, by a clock that may be ahead. Now is in milliseconds. */
export function ago(iso: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
}

/** "in 2 hours", "in less than a minute": of what is to come. */
export function until(iso: string, now: number): string {
  return Date.parse(iso) - now < 60_000 ? "in less than a minute" : ago(iso, now);
}

/** "30 minutes", "8 hours", "7 days": the largest unit that fits without a rest. */
export function duration(seconds: number): string {
  for (const [unit, size] of [["day", 86_400], ["hour", 3600], ["minute", 60]] as const) {
    if (seconds >= size && seconds % size === 0) return plural(seconds / size, unit);
  }
  return plural(seconds, "second");
}

/** "2 GiB", "1.5 GiB", "512 MiB". */
export function memory(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${round(gib)} GiB` : `${round(bytes / 2 ** 20)} MiB`;
}

/** "1 CPU", "0.5 CPU" from billionths of a core. */
export function cpu(nano: number): string {
  const cores = round(nano / 1e9);
  return `${cores} CPU${cores > 1 ? "s" : ""}`;
}

/** Date and time in the reader's zone, for titles and details. */
export function exact(iso: string): string {
  return dateTime.format(new Date(iso));
}

export function day(iso: string): string {
  return dateOnly.format(new Date(iso));
}

export function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
