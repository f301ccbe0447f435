import { useSyncExternalStore } from "react";

let offlineSince: number | undefined = navigator.onLine ? undefined : Date.now();

function subscribe(notify: () => void): () => void {
  const look = () => {
    offlineSince = navigator.onLine ? undefined : (offlineSince ?? Date.now());
    notify();
  };
  look();
  window.addEventListener("online", look);
  window.addEventListener("offline", look);
  return () => {
    window.removeEventListener("online", look);
    window.removeEventListener("offline", look);
  };
}

/** Since when the browser has no network at all, in milliseconds; undefined when it has one. */
export function useOfflineSince(): number | undefined {
  return useSyncExternalStore(subscribe, () => offlineSince);
}
