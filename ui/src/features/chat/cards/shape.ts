/**
 * Reads values of unknown shape. Inputs come from a model and outputs from a container:
 * whatever stands where, reading gives something of the wanted type or nothing.
 */

export type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

/** The fields of an object; of everything else there are none. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : none;
}

/** A text, cut after limit characters. Numbers are written out; the rest is "". */
export function text(value: unknown, limit = 300): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  return value.length > limit ? `${value.slice(0, limit)}…` : value;
}

/** The whole text; for what is cut where it is drawn. */
export function whole(value: unknown): string {
  return text(value, Number.POSITIVE_INFINITY);
}

/** A finite number, also when it is written as text. */
export function number(value: unknown): number | undefined {
  const n = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof n === "number" && Number.isFinite(n) ? n : undefined;
}

/** A line or column number. */
export function position(value: unknown): number | undefined {
  const n = number(value);
  return n !== undefined && Number.isInteger(n) && n > 0 ? n : undefined;
}

/** The items of a list, at most limit of them. */
export function list(value: unknown, limit = 1000): unknown[] {
  return Array.isArray(value) ? value.slice(0, limit) : [];
}

/** Those of a list that are texts. */
export function texts(value: unknown, limit = 1000): string[] {
  return list(value, limit)
    .map((item) => text(item, 2000))
    .filter((item) => item !== "");
}

/** One of the given words, or the fallback. */
export function word<T extends string>(value: unknown, words: readonly T[], fallback: T): T {
  return words.find((w) => w === value) ?? fallback;
}

/** A value as JSON to look at, cut after limit characters. */
export function json(value: unknown, limit = 20_000): string {
  try {
    return text(JSON.stringify(value, null, 2) ?? "", limit);
  } catch {
    return ""; // it holds itself, or nests too deep
  }
}
