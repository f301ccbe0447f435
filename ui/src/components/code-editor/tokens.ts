export type Kind = "plain" | "keyword" | "name" | "value" | "string" | "comment";

export interface Token {
  kind: Kind;
  text: string;
}

export type Language = "nix" | "json" | "text";

/** Characters beyond which colours are left out: every key colours the whole text anew. */
const colourLimit = 60_000;

/**
 * The text in lines of coloured pieces; undefined where it has no colours. Takes time in
 * proportion to the text, whatever is in it.
 */
export function tokenLines(text: string, language: Language): Token[][] | undefined {
  if (language === "text" || text.length > colourLimit) return undefined;
  const found = language === "nix" ? nixTokens(text) : jsonTokens(text);
  const lines: Token[][] = [[]];
  for (const { kind, text: piece } of found) {
    piece.split("\n").forEach((part, n) => {
      if (n > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ kind, text: part });
    });
  }
  return lines;
}

/** Reads at a place: what a sticky pattern matches there, or "". */
function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** Joins neighbours of one kind: fewer elements on the page. */
function collector() {
  const tokens: Token[] = [];
  return {
    tokens,
    add: (kind: Kind, text: string) => {
      const last = tokens.at(-1);
      if (last?.kind === kind) last.text += text;
      else tokens.push({ kind, text });
    },
  };
}

const jsonPiece = /"(?:[^"\\\n]|\\.)*"?|-?\d[\d.eE+-]*|[A-Za-z]+|\s+|[^]/y;
const colonNext = /\s{0,100}:/y;

function jsonTokens(text: string): Token[] {
  const { tokens, add } = collector();
  for (let at = 0; at < text.length; ) {
    const piece = match(jsonPiece, text, at);
    at += piece.length;
    if (piece.startsWith('"')) add(match(colonNext, text, at) ? "name" : "string", piece);
    else add(/^[-\d]|^(true|false|null)$/.test(piece) ? "value" : "plain", piece);
  }
  return tokens;
}

const nixKeywords = new Set(["let", "in", "rec", "with", "inherit", "if", "then", "else", "assert", "or"]);
const nixValues = new Set(["true", "false", "null", "builtins", "import", "throw", "abort"]);
const nixComment = /#[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?/y;
const nixWord = /[A-Za-z_][\w'-]*(?:\.[A-Za-z_][\w'-]*)*/y;
const nixNumber = /\d+(?:\.\d+)?/y;
const assigned = /\s{0,100}=(?!=)/y;
const quoted = /(?:[^"\\$]|\\[^]|\$(?!\{))+/y;
const indented = /(?:[^'$]|''(?:['$]|\\[^])|'(?!')|\$(?!\{))+/y;

/** What is open around the place: a string, or code within one (with the count of its braces). */
type Around = { string: '"' | "''" } | { braces: number };

function nixTokens(text: string): Token[] {
  const { tokens, add } = collector();
  const stack: Around[] = [{ braces: 0 }];
  const take = (kind: Kind, piece: string) => {
    add(kind, piece);
    return piece.length;
  };
  for (let at = 0; at < text.length; ) {
    const around = stack.at(-1) ?? { braces: 0 };
    if ("string" in around) {
      const body = match(around.string === '"' ? quoted : indented, text, at);
      if (body) at += take("string", body);
      else if (text.startsWith("${", at)) {
        at += take("keyword", "${");
        stack.push({ braces: 0 });
      } else if (text.startsWith(around.string, at)) {
        at += take("string", around.string);
        stack.pop();
      } else at += take("string", text.charAt(at));
      continue;
    }
    const word = match(nixWord, text, at);
    const comment = word === "" ? match(nixComment, text, at) : "";
    const opening = text.startsWith("''", at) ? "''" : text[at] === '"' ? '"' : "";
    if (word) {
      const kind = nixKeywords.has(word) ? "keyword" : match(assigned, text, at + word.length) ? "name" : nixValues.has(word.split(".", 1)[0] ?? "") ? "value" : "plain";
      at += take(kind, word);
    } else if (comment) at += take("comment", comment);
    else if (opening) {
      at += take("string", opening);
      stack.push({ string: opening });
    } else if (text[at] === "}" && around.braces === 0 && stack.length > 1) {
      at += take("keyword", "}");
      stack.pop();
    } else {
      if (text[at] === "{") around.braces += 1;
      if (text[at] === "}") around.braces -= 1;
      const number = match(nixNumber, text, at);
      at += take(number ? "value" : "plain", number || text.charAt(at));
    }
  }
  return tokens;
}
