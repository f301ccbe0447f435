/** How a piece of terminal text looks. Colours are the terminal's sixteen, 0–15. */
export interface Style {
  colour?: number;
  background?: number;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
}

export type Control =
  | { kind: "text"; text: string; style: Style }
  | { kind: "newline" | "return" | "backspace" }
  /** Erases in the line: 0 to its end, 1 to its beginning, 2 all of it. */
  | { kind: "erase"; what: number }
  /** Moves to a column, counted from 0. */
  | { kind: "column"; column: number };

const plain: Style = {};
// CSI, OSC/DCS/PM/APC/SOS strings (also cut off at the end), other two-character escapes, single controls.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const special = /\u001B\[([\d;:?<=>!]*)[ -/]*([@-~])|\u001B[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\|$)|\u001B\[[\d;:?]*$|\u001B[ -/]*[0-~]?|[\u0000-\u001F\u007F-\u009F]/g;

/**
 * Cuts a program's output into text with its style and what moves the cursor in a line.
 * All other sequences, such as titles, links and cursor keys, are left out.
 */
export function* controls(output: string): Generator<Control> {
  let style: Style = plain;
  let at = 0;
  for (const found of output.matchAll(special)) {
    if (found.index > at) yield { kind: "text", text: output.slice(at, found.index), style };
    at = found.index + found[0].length;
    const [sequence, parameters = "", final] = found;
    if (final === "m") style = styled(style, parameters);
    else if (final === "K") yield { kind: "erase", what: Number(parameters) || 0 };
    else if (final === "G") yield { kind: "column", column: Math.max(0, (Number(parameters) || 1) - 1) };
    else if (sequence === "\n") yield { kind: "newline" };
    else if (sequence === "\r") yield { kind: "return" };
    else if (sequence === "\b") yield { kind: "backspace" };
    else if (sequence === "\t") yield { kind: "text", text: "\t", style };
  }
  if (at < output.length) yield { kind: "text", text: output.slice(at), style };
}

function styled(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/, 64).map((p) => Number(p) || 0);
  let style: Style = { ...before };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(i + 1));
      style[code === 38 ? "colour" : "background"] = colour;
      i += used;
    } else {
      style = one(style, code);
    }
  }
  return style;
}

function one(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, background: 7, colour: undefined };
  if (code === 9) return { ...style, strike: true };
  if (code === 22) return { ...style, bold: undefined, dim: undefined };
  if (code === 23) return { ...style, italic: undefined };
  if (code === 24) return { ...style, underline: undefined };
  if (code === 27 || code === 49) return { ...style, background: undefined };
  if (code === 29) return { ...style, strike: undefined };
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code === 39) return { ...style, colour: undefined };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  return style;
}

/** One of 256 colours or of 16 million, as the nearest of the sixteen; those are readable in both themes. */
function extended([kind, ...rest]: number[]): [colour: number | undefined, used: number] {
  if (kind === 5) return [of256(rest[0] ?? 0), 2];
  if (kind === 2) return [nearest(rest[0] ?? 0, rest[1] ?? 0, rest[2] ?? 0), 4];
  return [undefined, 1];
}

function of256(n: number): number | undefined {
  if (n < 16) return n;
  if (n >= 232) return n > 255 ? undefined : n < 240 ? 8 : n < 250 ? 7 : 15;
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = n - 16;
  return nearest(steps[Math.floor(cube / 36)] ?? 0, steps[Math.floor(cube / 6) % 6] ?? 0, steps[cube % 6] ?? 0);
}

function nearest(r: number, g: number, b: number): number {
  const most = Math.max(r, g, b);
  const least = Math.min(r, g, b);
  if (most - least < 40) return most < 64 ? 0 : most < 140 ? 8 : most < 230 ? 7 : 15;
  const middle = (most + least) / 2;
  const hue = (r > middle ? 1 : 0) + (g > middle ? 2 : 0) + (b > middle ? 4 : 0);
  return hue + (most > 200 ? 8 : 0);
}
