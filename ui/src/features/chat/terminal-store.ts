import { useCallback, useSyncExternalStore } from "react";
import type { TermData } from "./types";

/** Characters kept of one call's output: what a reader may still scroll back to. */
export const terminalLimit = 64 * 1024;
/** Calls whose output is kept; the oldest goes first. */
const callLimit = 32;

interface Terminal {
  text: string;
  /** Highest piece so far: a replay sends pieces again. */
  seq: number;
}

const terminals = new Map<string, Terminal>();
const listeners = new Set<() => void>();

/** Adds a piece of a running command's output. Pieces that came already are left out. */
export function addTerminal(data: unknown): void {
  if (!isTerm(data)) return;
  const { toolCallId, seq, text } = data;
  const old = terminals.get(toolCallId);
  if (old && seq <= old.seq) return;
  terminals.delete(toolCallId);
  terminals.set(toolCallId, { text: ((old?.text ?? "") + text).slice(-terminalLimit), seq });
  for (const id of terminals.keys()) {
    if (terminals.size <= callLimit) break;
    terminals.delete(id);
  }
  for (const notify of listeners) notify();
}

/** Forgets everything: before a stream is replayed from its beginning. */
export function clearTerminals(): void {
  terminals.clear();
  for (const notify of listeners) notify();
}

/** What a running command printed so far, at most terminalLimit characters of it. */
export function useTerminal(toolCallId: string): string {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => terminals.get(toolCallId)?.text ?? "", [toolCallId]),
  );
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  return () => listeners.delete(notify);
}

function isTerm(data: unknown): data is TermData {
  if (typeof data !== "object" || data === null) return false;
  const { toolCallId, seq, text } = data as Partial<Record<keyof TermData, unknown>>;
  return typeof toolCallId === "string" && typeof seq === "number" && typeof text === "string";
}
