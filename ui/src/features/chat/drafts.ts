import { useCallback, useState } from "react";

const prefix = "kalpana-draft:";
/** Characters. What is longer is kept for as long as the page, not over a reload. */
const keptLength = 100_000;

/** What was typed and not sent, of a chat (its id) or of a new one (its workspace). */
export function readDraft(key: string): string {
  try {
    return sessionStorage.getItem(prefix + key) ?? "";
  } catch {
    return ""; // storage is blocked
  }
}

export function writeDraft(key: string, text: string): void {
  try {
    if (text === "" || text.length > keptLength) sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, text);
  } catch {
    // Storage is blocked or full: the draft lasts as long as the page.
  }
}

/** A draft as state that outlives a reload. The key stays the same for a component's life. */
export function useDraft(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => readDraft(key));
  const change = useCallback(
    (next: string) => {
      setText(next);
      writeDraft(key, next);
    },
    [key],
  );
  return [text, change];
}
