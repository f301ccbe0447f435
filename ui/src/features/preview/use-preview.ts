import { useCallback, useState } from "react";
import type { Place } from "./address";

export interface PreviewState {
  /** Undefined until somebody chooses: then it is what listens first. */
  place: Place | undefined;
  /** Goes up with every order to load it. */
  visit: number;
  shown: boolean;
  tab: "page" | "requests";
}

export interface Preview extends PreviewState {
  setShown: (shown: boolean) => void;
  setTab: (tab: PreviewState["tab"]) => void;
  /** Loads a place, also the one that is there. */
  open: (place: Place) => void;
  reload: () => void;
}

const key = (id: string) => `kalpana-preview:${id}`;
const nothing: PreviewState = { place: undefined, visit: 0, shown: false, tab: "page" };

/** What is previewed of a workspace; kept for as long as the tab lives. */
export function usePreview(id: string): Preview {
  const [state, setState] = useState(() => read(id));
  const change = useCallback(
    (changed: (now: PreviewState) => Partial<PreviewState>) =>
      setState((now) => {
        const next = { ...now, ...changed(now) };
        write(id, next);
        return next;
      }),
    [id],
  );
  const setShown = useCallback((shown: boolean) => change(() => ({ shown })), [change]);
  const setTab = useCallback((tab: PreviewState["tab"]) => change(() => ({ tab })), [change]);
  const open = useCallback((place: Place) => change(({ visit }) => ({ place, visit: visit + 1, tab: "page" })), [change]);
  const reload = useCallback(() => change(({ visit }) => ({ visit: visit + 1, tab: "page" })), [change]);
  return { ...state, setShown, setTab, open, reload };
}

function read(id: string): PreviewState {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key(id)) ?? "null");
    if (typeof kept !== "object" || kept === null) return nothing;
    const { port, path, shown } = kept as Record<string, unknown>;
    const place = Number.isInteger(port) && typeof path === "string" && path.startsWith("/") ? { port: port as number, path } : undefined;
    return { ...nothing, place, shown: shown === true };
  } catch {
    return nothing; // storage is off or holds something else
  }
}

function write(id: string, { place, shown }: PreviewState): void {
  try {
    sessionStorage.setItem(key(id), JSON.stringify({ ...place, shown }));
  } catch {
    // Without storage it lasts as long as the page.
  }
}
