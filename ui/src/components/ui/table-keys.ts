import type { KeyboardEvent } from "react";

const inPage = 10; // rows of one Page Up or Down

/** The row a key leads to from another, or undefined when it leads nowhere. */
export function rowAfter(key: string, from: number, count: number): number | undefined {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: inPage, PageUp: -inPage, Home: -count, End: count };
  const step = steps[key];
  if (step === undefined) return undefined;
  const to = Math.min(Math.max(from + step, 0), count - 1);
  return to === from ? undefined : to;
}

const controls = "a[href], button:not(:disabled), input:not(:disabled)";

/** Where in its row the focus is: the row's number, and the control's among those of the row. */
export function placeOf(event: KeyboardEvent<HTMLElement>): { row: number; control: number } | undefined {
  const target = event.target as HTMLElement;
  // Menus and dialogs of a row are drawn elsewhere; their keys come by here all the same.
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || !event.currentTarget.contains(target)) return undefined;
  const row = target.closest<HTMLElement>("[data-index]");
  if (!row) return undefined;
  return { row: Number(row.dataset.index), control: [...row.querySelectorAll(controls)].indexOf(target) };
}

/** Moves the focus into a row as soon as it is drawn. */
export function focusRow(body: HTMLElement, row: number, control: number, tries = 10): void {
  const found = body.querySelector(`[data-index="${row}"]`);
  const all = found ? [...found.querySelectorAll<HTMLElement>(controls)] : [];
  const target = all[Math.min(Math.max(control, 0), all.length - 1)];
  if (target) target.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => focusRow(body, row, control, tries - 1));
}
