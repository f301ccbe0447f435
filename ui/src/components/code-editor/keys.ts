const step = "  ";

/** What a key does to the text between two places: the range that is replaced, by what, and the selection after it. */
export interface Edit {
  start: number;
  end: number;
  text: string;
  selectStart: number;
  selectEnd: number;
}

const lineStart = (text: string, at: number) => text.lastIndexOf("\n", at - 1) + 1;

/** Tab: two spaces, or every selected line further in. */
export function indent(text: string, start: number, end: number): Edit {
  if (!text.slice(start, end).includes("\n")) {
    return { start, end, text: step, selectStart: start + step.length, selectEnd: start + step.length };
  }
  return lines(text, start, end, (line) => step + line);
}

/** Shift and Tab: the lines further out. */
export function outdent(text: string, start: number, end: number): Edit {
  return lines(text, start, end, (line) => line.replace(/^( {1,2}|\t)/, ""));
}

/** Enter: the next line begins below this one. */
export function breakLine(text: string, start: number, end: number): Edit {
  const before = text.slice(lineStart(text, start), start);
  const deeper = /[{[(]\s*$/.test(before) ? step : "";
  const added = `\n${/^[ \t]*/.exec(before)?.[0] ?? ""}${deeper}`;
  return { start, end, text: added, selectStart: start + added.length, selectEnd: start + added.length };
}

function lines(text: string, start: number, end: number, change: (line: string) => string): Edit {
  const first = lineStart(text, start);
  // A selection that ends at the beginning of a line does not mean that line.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const next = text.indexOf("\n", last);
  const stop = next < 0 ? text.length : next;
  const before = text.slice(first, stop).split("\n");
  const after = before.map(change);
  const moved = (after[0]?.length ?? 0) - (before[0]?.length ?? 0);
  const changed = after.join("\n");
  const grown = changed.length - (stop - first);
  return { start: first, end: stop, text: changed, selectStart: Math.max(first, start + moved), selectEnd: Math.max(first, end + grown) };
}

/** Makes the edit as if it were typed, so that the browser can undo it. */
export function apply(field: HTMLTextAreaElement, edit: Edit): void {
  field.setSelectionRange(edit.start, edit.end);
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else keeps the browser's undo
  const typed = edit.text === "" ? document.execCommand?.("delete") : document.execCommand?.("insertText", false, edit.text);
  if (!typed) {
    field.setRangeText(edit.text, edit.start, edit.end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(edit.selectStart, edit.selectEnd);
}

/** Where a line and a column are in the text; both count from 1, and may be beyond its end. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  const end = text.indexOf("\n", at);
  return Math.min(at + Math.max(0, column - 1), end < 0 ? text.length : end);
}
