import { language } from "@/i18n/language";
import { t } from "@/i18n/t";

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const dateTime = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const timeOnly = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const dateOnly = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

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
  return t("just now");
}

/** "in 2 hours", "in less than a minute": of what is to come. */
export function until(iso: string, now: number): string {
  return Date.parse(iso) - now < 60_000 ? t("in less than a minute") : ago(iso, now);
}

/** "30 minutes", "8 hours", "7 days": the largest unit that fits without a rest. */
export function duration(seconds: number): string {
  for (const [unit, size] of [["day", 86_400], ["hour", 3600], ["minute", 60]] as const) {
    if (seconds >= size && seconds % size === 0) return inUnits(seconds / size, unit);
  }
  return inUnits(seconds, "second");
}

function inUnits(n: number, unit: string): string {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", useGrouping: false }).format(n);
}

/** "2 GiB", "1.5 GiB", "512 MiB". */
export function memory(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${decimal(gib)} GiB` : `${decimal(bytes / 2 ** 20)} MiB`;
}

/** "1 CPU", "0.5 CPU" from billionths of a core. */
export function cpu(nano: number): string {
  const cores = nano / 1e9;
  return `${decimal(cores)} CPU${cores > 1 ? "s" : ""}`;
}

/** Date and time in the reader's zone, for titles and details. */
export function exact(iso: string): string {
  return dateTime.format(new Date(iso));
}

/** "2:05 PM" of milliseconds, in the reader's zone. */
export function time(at: number): string {
  return timeOnly.format(at);
}

export function day(iso: string): string {
  return dateOnly.format(new Date(iso));
}

const decimals = new Map<number, Intl.NumberFormat>();

/** A number as the language writes it, with at most so many places; "1.5", "12". */
export function decimal(n: number, places = 1): string {
  let format = decimals.get(places);
  if (!format) {
    format = new Intl.NumberFormat(language, { maximumFractionDigits: places, useGrouping: false });
    decimals.set(places, format);
  }
  return format.format(n);
}
