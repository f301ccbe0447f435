import type { Definition, PortVisibility } from "@/api/types";
import { msg, t } from "@/i18n/t";

export const emptyDefinition: Definition = {
  flake: "",
  packages: [],
  ports: [],
  tasks: [],
  extensions: [],
  variables: [],
  setup: "",
  start: "",
  files: {},
  match: [],
};

/** Given to t when they are drawn. */
export const visibilities: Record<PortVisibility, string> = {
  owner: msg("Only you"),
  users: msg("Everybody signed in"),
  public: msg("Everybody on the internet"),
};

/** As visibilities, for within a sentence. */
export function withinText(visibility: PortVisibility): string {
  const text = t(visibilities[visibility]);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Text as a person wrote it that is not the definition of a template; line 0 = unknown. */
export class NotADefinition extends Error {
  readonly field: string;
  readonly line: number;
  readonly column: number;

  constructor(message: string, { field = "", line = 0, column = 0 } = {}) {
    super(message);
    this.field = field;
    this.line = line;
    this.column = column;
  }
}

/** Reads JSON; what is left out is empty. Throws NotADefinition. */
export function readDefinition(text: string): Definition {
  const value = parse(text);
  if (!isObject(value)) throw new NotADefinition(t("A template is an object: { … }."), { line: 1 });
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(emptyDefinition, key)) throw new NotADefinition(t("There is no field {field} in a template.", { field: key }), { field: key });
  }
  return {
    flake: read(value, "flake", "", isString, t("a text")),
    packages: read(value, "packages", [], isStrings, t("a list of texts")),
    ports: list(value, "ports", { port: 0, label: "", visibility: "owner", open: false }),
    tasks: list(value, "tasks", { label: "", command: "" }),
    extensions: read(value, "extensions", [], isStrings, t("a list of texts")),
    variables: list(value, "variables", { name: "", description: "", value: "", secret: false, required: false }),
    setup: read(value, "setup", "", isString, t("a text")),
    start: read(value, "start", "", isString, t("a text")),
    files: read(value, "files", {}, isTexts, t("an object of texts by path")),
    match: read(value, "match", [], isStrings, t("a list of texts")),
  };
}

/** Whether two values say the same; the order of an object's fields says nothing. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

function sorted(_: string, value: unknown): unknown {
  return isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1))) : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Browsers tell the place in the message, each in its way, or not at all.
    const message = error instanceof Error ? error.message : "";
    const [, line, column] = /line (\d+),? column (\d+)/.exec(message) ?? [];
    const [, position] = /position (\d+)/.exec(message) ?? [];
    const before = text.slice(0, Number(position ?? 0)).split("\n");
    const told = line ? { line: Number(line), column: Number(column) } : position ? { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 } : {};
    throw new NotADefinition(t("This is not JSON."), isEnd(message) ? { line: text.trimEnd().split("\n").length } : told);
  }
}

const isEnd = (message: string) => /end of (JSON|data)|Unterminated|EOF/i.test(message);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === "string";
const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);
const isTexts = (value: unknown): value is Record<string, string> => isObject(value) && Object.values(value).every(isString);

function read<T>(from: Record<string, unknown>, field: string, empty: T, is: (value: unknown) => value is T, what: string): T {
  const value = from[field] ?? empty;
  if (!is(value)) throw new NotADefinition(t("{field} is {what}.", { field, what }), { field });
  return value;
}

/** A list of objects that have the fields of blank; what is left out is as there. */
function list<T extends object>(from: Record<string, unknown>, field: string, blank: T): T[] {
  const value = from[field] ?? [];
  if (!Array.isArray(value)) throw new NotADefinition(t("{field} is {what}.", { field, what: t("a list") }), { field });
  return value.map((item: unknown, n) => {
    const at = `${field}[${n}]`;
    if (!isObject(item)) throw new NotADefinition(t("{field} is {what}.", { field: at, what: t("an object: { … }") }), { field: at });
    for (const [key, given] of Object.entries(item)) {
      if (!Object.hasOwn(blank, key)) throw new NotADefinition(t("There is no field {field} in {place}.", { field: key, place: at }), { field: `${at}.${key}` });
      const want = typeof blank[key as keyof T];
      if (typeof given !== want) throw new NotADefinition(t("{field} is {what}.", { field: `${at}.${key}`, what: want === "string" ? t("a text") : want === "number" ? t("a number") : t("a boolean") }), { field: `${at}.${key}` });
    }
    return { ...blank, ...item };
  });
}
