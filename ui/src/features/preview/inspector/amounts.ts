import { language } from "@/i18n/language";

/** "0 B", "950 B", "1.2 kB", "3.4 MB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [amount, unit] = bytes < 999_500 ? [bytes / 1000, "kB"] : [bytes / 1e6, "MB"];
  return `${number(amount, amount < 10 ? 1 : 0)} ${unit}`;
}

/** "4 ms", "1.2 s". */
export function time(ms: number): string {
  return ms < 1000 ? `${number(ms, ms < 10 ? 1 : 0)} ms` : `${number(ms / 1000, 1)} s`;
}

/** The time of day with seconds. */
export function clock(iso: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(iso));
}

function number(amount: number, places: number): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: places }).format(amount);
}
