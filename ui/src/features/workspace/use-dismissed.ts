import { useState } from "react";

const key = (id: string) => `kalpana.notices.${id}`;

function read(id: string): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key(id)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((k) => typeof k === "string") : [];
  } catch {
    return []; // storage is off or holds something else
  }
}

/** What was put away of a workspace, for as long as the tab lives. */
export function useDismissed(id: string): { dismissed: string[]; dismiss: (what: string) => void } {
  const [dismissed, setDismissed] = useState(() => read(id));
  const dismiss = (what: string) => {
    const next = [...dismissed, what].slice(-50);
    setDismissed(next);
    try {
      sessionStorage.setItem(key(id), JSON.stringify(next));
    } catch {
      // Without storage it comes back with the next visit.
    }
  };
  return { dismissed, dismiss };
}
