/** A place in JSON: names and numbers, from the outside in. */
export type JsonPath = (string | number)[];

/** Reads "ports[0].port", 'files["a.txt"]' and "files.a" alike. */
export function readPath(field: string): JsonPath {
  const parts = field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, name]) => {
    if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, "$1");
    return index === undefined ? (name ?? "") : Number(index);
  });
}

const piece = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * The line of each place in a JSON text, by JSON.stringify of its path; counts from 1.
 * Of a text that is no JSON it tells what it can.
 */
export function jsonLines(text: string): Map<string, number> {
  const found = new Map<string, number>();
  const path: JsonPath = [];
  const inArray: boolean[] = [];
  let line = 1;
  let read = 0;
  let key: string | undefined;
  const value = () => {
    if (key === undefined && inArray.length > 0 && !inArray.at(-1)) return;
    found.set(JSON.stringify(path), line);
  };
  for (const { 0: token, index } of text.matchAll(piece)) {
    line += count(text.slice(read, index));
    read = index;
    if (token === "{" || token === "[") {
      if (inArray.length === 0) found.set("[]", line);
      else value();
      inArray.push(token === "[");
      path.push(token === "[" ? 0 : "");
      key = undefined;
    } else if (token === "}" || token === "]") {
      inArray.pop();
      path.pop();
    } else if (token === ",") {
      const last = path.at(-1);
      if (inArray.at(-1) && typeof last === "number") path[path.length - 1] = last + 1;
      key = undefined;
    } else if (token === ":") continue;
    else if (!inArray.at(-1) && inArray.length > 0 && key === undefined) {
      key = unquote(token);
      path[path.length - 1] = key;
      value();
    } else value();
  }
  return found;
}

/** The line of the place, or of the nearest one around it; 0 when there is none. */
export function lineOf(lines: Map<string, number>, path: JsonPath): number {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(JSON.stringify(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 0;
}

function count(text: string): number {
  return text.split("\n").length - 1;
}

function unquote(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
