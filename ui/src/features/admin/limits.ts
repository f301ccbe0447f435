import { t } from "@/i18n/t";

/** What a field for a limit says: null is what everybody gets, undefined is not a limit. */
export function readLimit(text: string, { whole, most }: { whole: boolean; most: number }): number | null | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return null;
  if (!(whole ? /^\d{1,6}$/ : /^\d{1,7}(\.\d{1,2})?$/).test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value <= most ? value : undefined;
}

/** What is wrong with a field, as a sentence. */
export function limitProblem(whole: boolean, most: number): string {
  return whole ? t("Enter a whole number up to {most}, or nothing.", { most }) : t("Enter an amount up to {most}, such as 2.50, or nothing.", { most });
}
