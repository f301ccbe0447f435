import { useSyncExternalStore } from "react";
import type { Connection } from "./event-stream";

let connection: Connection = "connecting";
const listeners = new Set<() => void>();

export function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const notify of listeners) notify();
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  return () => listeners.delete(notify);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection);
}

/**
 * How often a list of workspaces is asked for again, in milliseconds. With the event
 * stream only for what changes from second to second and is no event (last use).
 */
export function usePollMs(): number {
  return useConnection() === "live" ? 60_000 : 30_000;
}
