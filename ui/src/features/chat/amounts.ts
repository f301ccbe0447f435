import { language } from "@/i18n/language";
import { msg, t } from "@/i18n/t";
import { decimal } from "@/lib/format";

/** US dollars, with as many places as a small amount needs: "$0", "$0.0012", "$0.12", "$3.40". */
export function usd(amount: number): string {
  if (!Number.isFinite(amount) || amount <= 0) return dollars(0, 0, 0);
  if (amount < 0.0001) return `<${dollars(0.0001, 4, 4)}`;
  return amount < 0.1 ? dollars(amount, 4, 4) : dollars(amount, 2, 2);
}

function dollars(amount: number, least: number, most: number): string {
  return new Intl.NumberFormat(language, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: least,
    maximumFractionDigits: most,
    useGrouping: false,
  }).format(amount);
}

/** Why a cost is not known, for those who wonder. */
export const costUnknown = msg("The provider did not say what it cost, and no price of this model is known.");

/** US dollars as usd has them; an amount that is not known is never told as nothing. */
export function cost(amount: number | null): string {
  return amount === null ? t("cost unknown") : usd(amount);
}

/** Tokens in short: "950", "1.2k", "128k", "1.05M". */
export function tokens(count: number): string {
  if (count < 1000) return String(count);
  if (count < 9950) return `${decimal(count / 1000)}k`;
  if (count < 999_500) return `${Math.round(count / 1000)}k`;
  return `${decimal(count / 1_000_000, 2)}M`;
}

/** "$3 in, $15 out" per million tokens, or nothing where a price is not known. */
export function price(prompt: number | null, completion: number | null): string {
  if (prompt === null || completion === null) return "";
  if (prompt === 0 && completion === 0) return t("free");
  return t("{prompt} in, {completion} out", { prompt: dollars(prompt, 0, 2), completion: dollars(completion, 0, 2) });
}

/** "0.8 s", "12 s", "3 min 5 s". */
export function seconds(ms: number): string {
  const all = ms / 1000;
  if (all < 9.95) return `${decimal(Math.max(0.1, all))} s`;
  const whole = Math.round(all);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

