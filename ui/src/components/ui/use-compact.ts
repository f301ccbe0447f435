import { useSyncExternalStore } from "react";

// Below it a page is a telephone's: columns become lines.
const narrow = "(max-width: 47.99rem)";

function subscribe(notify: () => void): () => void {
  const query = matchMedia(narrow);
  query.addEventListener("change", notify);
  return () => query.removeEventListener("change", notify);
}

/** Whether the page has no room for columns. */
export function useCompact(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(narrow).matches);
}
