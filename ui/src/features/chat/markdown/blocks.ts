import { Lexer } from "marked";
import remend from "remend";

/** A piece of a text that is parsed and drawn on its own. */
export type Block =
  | { kind: "markdown"; text: string }
  | { kind: "code"; text: string; language: string }
  /** Not parsed at all: too large or too deep. */
  | { kind: "plain"; text: string };

/** Characters of a text beyond which it is shown as it came. */
const textLimit = 200_000;
/** Characters of one paragraph, list or table; parsers are not linear in it. */
const blockLimit = 30_000;
/** Characters of link definitions that are given to every block. */
const definitionLimit = 8000;
/** Markers of quotes and lists at the start of one line. Parsers call themselves for each. */
const tooDeep = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){16}/m;
/** Lists in lists in lists, by some twenty. */
const tooIndented = /^[ \t]{60,}(?:[-*+]|\d{1,9}[.)])[ \t]/m;
/** The same before anything is parsed at all; code may look so, too, but hardly ever does. */
const farTooIndented = /^[ \t]{200,}(?:[-*+]|\d{1,9}[.)])[ \t]/m;
const marks = new Set("[]!(<*_~`");
const marksInARow = /[[\]!(<*_~`|]{200}/;

/** Whether a text is made of brackets and emphasis: cheap to write, dear to parse. */
function isDense(text: string): boolean {
  if (marksInARow.test(text)) return true;
  let count = 0;
  for (const char of text) if (marks.has(char)) count++;
  return count > 1000 && count > text.length / 5;
}

/**
 * Cuts a text into blocks, so that a text that grows is parsed and drawn anew at its end
 * only. With streaming, what is unfinished there (a word in bold, a link, a fence) is
 * completed.
 */
export function blocks(text: string, streaming = false): Block[] {
  if (text.length > textLimit) return [{ kind: "plain", text }];
  const normal = text.replaceAll(/\r\n?/g, "\n");
  if (farTooIndented.test(normal)) return [{ kind: "plain", text }];
  const tokens = tokenize(normal);
  if (!tokens) return [{ kind: "plain", text }];
  const definitions = tokens
    .filter((t) => t.type === "def")
    .map((t) => t.raw)
    .join("\n")
    .slice(0, definitionLimit);
  const found: Block[] = [];
  for (const token of tokens) {
    if (token.type === "space" || token.type === "def") continue;
    found.push(blockOf(token, definitions));
  }
  return streaming ? completed(found) : found;
}

interface Token {
  type: string;
  raw: string;
  lang?: string;
  text?: string;
  codeBlockStyle?: string;
}

function tokenize(text: string): Token[] | null {
  try {
    return new Lexer({ gfm: true }).blockTokens(text, []) as Token[];
  } catch {
    return null; // it runs out of stack on what is nested on purpose
  }
}

function blockOf(token: Token, definitions: string): Block {
  const { raw } = token;
  if (token.type === "code" && token.codeBlockStyle !== "indented") {
    return { kind: "code", text: token.text ?? "", language: (token.lang ?? "").split(/[\s{,:]/)[0] ?? "" };
  }
  if (raw.length > blockLimit || tooDeep.test(raw) || tooIndented.test(raw) || isDense(raw)) return { kind: "plain", text: raw };
  return { kind: "markdown", text: definitions !== "" && raw.includes("[") ? `${raw}\n\n${definitions}` : raw };
}

function completed(found: Block[]): Block[] {
  const last = found.at(-1);
  if (!last || last.kind === "plain") return found;
  const text = last.kind === "code" ? last.text.replace(/\n[`~]{1,2}$/, "") : remend(last.text, { linkMode: "text-only", htmlTags: false });
  return [...found.slice(0, -1), { ...last, text }];
}
