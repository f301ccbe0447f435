import { useCallback, useEffect, useState } from "react";
import { portRequestsUrl, readPortRequests } from "@/api/queries/port-requests";
import { readEvents } from "@/api/sse";
import type { Inspected } from "@/api/types";
import { mergeRequests } from "./requests";

const againMs = 2000;

interface Requests {
  /** Newest first; undefined until the server answered. */
  requests: Inspected[] | undefined;
  /** Why they do not come; gone when they do again. */
  error: unknown;
  add: (request: Inspected) => void;
  /** Puts away what is there now, on this page alone. */
  clear: () => void;
}

/** The requests to a port as they come, unless paused; what came meanwhile comes then. Another number of again asks at once. */
export function useRequests(workspaceId: string, port: number, paused: boolean, again: number): Requests {
  const [requests, setRequests] = useState<Inspected[]>();
  const [error, setError] = useState<unknown>();
  const [cleared, setCleared] = useState<ReadonlySet<string>>(new Set());
  const put = useCallback((news: Inspected[]) => setRequests((list = []) => mergeRequests(list, news)), []);

  useEffect(() => {
    if (paused) return;
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async (part: AbortSignal) => {
      for await (const { event, data } of readEvents(portRequestsUrl(workspaceId, port), part)) {
        if (event === "request") put([JSON.parse(data) as Inspected]);
      }
    };
    const list = async (part: AbortSignal) => {
      put(await readPortRequests(workspaceId, port, part));
      setError(undefined);
    };
    const run = async () => {
      while (!signal.aborted) {
        const part = new AbortController();
        const end = () => part.abort();
        signal.addEventListener("abort", end);
        // Followed first: what comes between the two is in both, and shown once.
        try {
          await Promise.all([follow(part.signal), list(part.signal)]);
        } catch (failure) {
          if (!signal.aborted) setError(failure);
        } finally {
          part.abort();
          signal.removeEventListener("abort", end);
        }
        await pause(againMs, signal);
      }
    };
    void run();
    return () => stop.abort();
  }, [workspaceId, port, paused, again, put]);

  const add = useCallback((request: Inspected) => put([request]), [put]);
  const clear = () => setCleared(new Set([...cleared, ...(requests ?? []).map((r) => r.id)].slice(-300)));
  return { requests: requests?.filter((r) => !cleared.has(r.id)), error, add, clear };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
