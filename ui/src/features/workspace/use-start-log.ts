import { useEffect, useState } from "react";
import { readEvents } from "@/api/sse";
import type { LogLine } from "@/api/types";

const againMs = 1500;
const keptLines = 500; // more than any start writes; a bound for the page's memory

/**
 * The lines of the latest start, as they come. With follow it keeps asking when the
 * stream ends or breaks; every stream begins with the first line.
 */
export function useStartLog(id: string, follow: boolean): { lines: LogLine[]; failed: boolean } {
  const [lines, setLines] = useState<LogLine[]>([]);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const url = `/api/v1/workspaces/${encodeURIComponent(id)}/logs`;
    const read = async () => {
      let seen: LogLine[] = [];
      for await (const { event, data } of readEvents(url, stop.signal)) {
        if (event !== "line") continue;
        const line = JSON.parse(data) as LogLine;
        seen = [...(begins(line, seen) ? [] : seen), line].slice(-keptLines);
        setLines(seen);
        setFailed(false);
      }
    };
    const run = async () => {
      while (!stop.signal.aborted) {
        await read().catch(() => !stop.signal.aborted && setFailed(true));
        if (!follow) return;
        await pause(againMs, stop.signal);
      }
    };
    void run();
    return () => stop.abort();
  }, [id, follow]);
  return { lines, failed };
}

/** The stream goes on over several starts; each begins its clock anew. */
function begins(line: LogLine, seen: LogLine[]): boolean {
  return line.elapsed < (seen.at(-1)?.elapsed ?? 0);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
