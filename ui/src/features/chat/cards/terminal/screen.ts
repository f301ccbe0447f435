import { type Style, controls } from "./ansi";

export interface Span {
  text: string;
  style: Style;
}

export type Line = readonly Span[];

/** Lines that are kept; the oldest go first. */
export const lineLimit = 5000;
/** Characters of one line that are kept. */
const widthLimit = 2000;

/**
 * What a terminal would show of a program's output: progress bars that return to the
 * start of their line overwrite it. `dropped` counts older lines that are not kept.
 */
export function screen(output: string, limit = lineLimit): { lines: Line[]; dropped: number } {
  const lines: Line[] = [];
  let line = new Row();
  let dropped = 0;
  for (const control of controls(output)) {
    switch (control.kind) {
      case "text":
        line.write(control.text, control.style);
        break;
      case "newline":
        lines.push(line.spans());
        line = new Row();
        if (lines.length >= limit * 2) dropped += lines.splice(0, lines.length - limit).length;
        break;
      case "return":
        line.column = 0;
        break;
      case "backspace":
        line.column = Math.max(0, line.column - 1);
        break;
      case "column":
        line.column = control.column;
        break;
      case "erase":
        line.erase(control.what);
    }
  }
  if (!line.isEmpty()) lines.push(line.spans());
  dropped += lines.splice(0, Math.max(0, lines.length - limit)).length;
  return { lines, dropped };
}

/** A line being written. As long as nothing moves back it is a list of pieces; then one cell for each character. */
class Row {
  column = 0;
  #pieces: Span[] = [];
  #length = 0;
  #cells: { char: string; style: Style }[] | null = null;
  #cut = false;

  write(text: string, style: Style): void {
    const room = Math.max(0, widthLimit - this.column);
    if (text.length > room) {
      this.#cut = true;
      text = text.slice(0, room);
    }
    if (text === "") return;
    if (!this.#cells && this.column === this.#length) {
      this.#pieces.push({ text, style });
      this.#length += text.length;
      this.column = this.#length;
      return;
    }
    const cells = this.#split();
    while (cells.length < this.column) cells.push({ char: " ", style: {} });
    for (let i = 0; i < text.length; i++) cells[this.column + i] = { char: text[i] ?? "", style };
    this.column += text.length;
    this.#length = Math.max(this.#length, this.column);
  }

  erase(what: number): void {
    const cells = this.#split();
    if (what === 0) cells.splice(this.column);
    else if (what === 2) cells.length = 0;
    else if (what === 1) for (let i = 0; i <= this.column && i < cells.length; i++) cells[i] = { char: " ", style: {} };
    this.#length = cells.length;
  }

  isEmpty(): boolean {
    return this.#length === 0;
  }

  spans(): Line {
    const spans: Span[] = [];
    for (const { char, style } of this.#cells ?? []) {
      const last = spans.at(-1);
      if (last && last.style === style) last.text += char;
      else spans.push({ text: char, style });
    }
    const all = this.#cells ? spans : this.#pieces;
    return this.#cut ? [...all, { text: "…", style: { dim: true } }] : all;
  }

  #split(): { char: string; style: Style }[] {
    this.#cells ??= this.#pieces.flatMap(({ text, style }) => Array.from({ length: text.length }, (_, i) => ({ char: text[i] ?? "", style })));
    return this.#cells;
  }
}
