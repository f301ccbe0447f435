import { useSyncExternalStore } from "react";

const wide = "(min-width: 64rem)";

function subscribe(notify: () => void): () => void {
  const media = window.matchMedia(wide);
  media.addEventListener("change", notify);
  return () => media.removeEventListener("change", notify);
}

/** Whether there is room for two things beside each other. */
export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(wide).matches);
}
