import { type MouseEvent, useCallback, useMemo, useRef, useState } from "react";
import type { Selection } from "./table-types";

export interface Chosen extends Selection {
  /** In the order they are shown. What is not shown any more is not chosen. */
  chosen: string[];
  clear: () => void;
}

/** What was chosen among the keys that are shown. With Shift, everything from the one before. */
export function useSelection(keys: string[]): Chosen {
  const [all, setAll] = useState<ReadonlySet<string>>(() => new Set());
  const before = useRef<string>(undefined);
  const chosen = useMemo(() => keys.filter((key) => all.has(key)), [keys, all]);
  const clear = useCallback(() => setAll(new Set()), []);
  const toggle = (key: string, click: MouseEvent) => {
    const range = click.shiftKey ? between(keys, before.current, key) : [key];
    before.current = key;
    setAll((old) => {
      const next = new Set(old);
      for (const k of range) {
        if (old.has(key)) next.delete(k);
        else next.add(k);
      }
      return next;
    });
  };
  return {
    chosen,
    clear,
    has: (key) => all.has(key),
    state: chosen.length > 0 && (chosen.length === keys.length || "mixed"),
    toggle,
    toggleAll: () => setAll(chosen.length === keys.length ? new Set() : new Set(keys)),
  };
}

/** The keys from one to the other, both included, whichever comes first. */
export function between(keys: string[], one: string | undefined, other: string): string[] {
  const a = one === undefined ? -1 : keys.indexOf(one);
  const b = keys.indexOf(other);
  if (a < 0 || b < 0) return [other];
  return keys.slice(Math.min(a, b), Math.max(a, b) + 1);
}
