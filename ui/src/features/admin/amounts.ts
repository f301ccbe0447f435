import { language } from "@/i18n/language";
import { t, tn } from "@/i18n/t";

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const small = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const dollars = new Intl.NumberFormat(language, { style: "currency", currency: "USD" });

export function count(n: number): string {
  return whole.format(n);
}

/** "128K": large counts at a glance. */
export function compact(n: number): string {
  return short.format(n);
}

/** "4.2/s"; below a tenth, what there is is not told as nothing. */
export function perSecond(n: number): string {
  if (n > 0 && n < 0.1) return t("<{n}/s", { n: small.format(0.1) });
  return t("{n}/s", { n: small.format(n) });
}

/** "12 ms", "1.3 s". */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${ms > 0 && ms < 10 ? small.format(ms) : whole.format(ms)} ms` : `${small.format(ms / 1000)} s`;
}

export function usd(amount: number): string {
  return dollars.format(amount);
}

/** "up for 3 days", "up for 12 minutes": of the server. */
export function upFor(seconds: number): string {
  if (seconds >= 2 * 86_400) return tn("up for {n} day", "up for {n} days", Math.floor(seconds / 86_400));
  if (seconds >= 2 * 3600) return tn("up for {n} hour", "up for {n} hours", Math.floor(seconds / 3600));
  return tn("up for {n} minute", "up for {n} minutes", Math.floor(seconds / 60));
}
