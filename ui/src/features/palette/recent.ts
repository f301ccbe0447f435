const key = "kalpana-recent-commands";
const kept = 5;

/** What was done last, newest first, by the ids of commands. */
export function readRecent(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? stored.filter((id): id is string => typeof id === "string").slice(0, kept) : [];
  } catch {
    return []; // storage is blocked, or somebody else wrote there
  }
}

export function remember(id: string): void {
  try {
    localStorage.setItem(key, JSON.stringify([id, ...readRecent().filter((other) => other !== id)].slice(0, kept)));
  } catch {
    // Storage is blocked: nothing is remembered.
  }
}
