import { useSyncExternalStore } from "react";

let open = false;
const listeners = new Set<() => void>();

/** Opens the palette, or closes it, from anywhere in the page. */
export function setPaletteOpen(next: boolean): void {
  if (next === open) return;
  open = next;
  for (const notify of listeners) notify();
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  return () => listeners.delete(notify);
}

export function usePaletteOpen(): boolean {
  return useSyncExternalStore(subscribe, () => open);
}
