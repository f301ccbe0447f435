import { useSyncExternalStore } from "react";

let silentSince: number | undefined;
const listeners = new Set<() => void>();

/** Told after every call: whether an answer came, whatever it said. */
export function heard(answer: boolean): void {
  const before = silentSince;
  silentSince = answer ? undefined : (silentSince ?? Date.now());
  if (silentSince !== before) for (const notify of listeners) notify();
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  return () => listeners.delete(notify);
}

/** Since when no call has been answered, in milliseconds; undefined while the server answers. */
export function useSilentSince(): number | undefined {
  return useSyncExternalStore(subscribe, () => silentSince);
}
