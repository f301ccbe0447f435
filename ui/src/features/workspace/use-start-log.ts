import { useEffect, useState } from "react";
import { readEvents } from "@/api/sse";
import type { LogLine } from "@/api/types";

const againMs = 1500;
const keptLines = 1000; // more than any start writes; a bound for the page's memory

/** A line as it is shown: progress changes what it says, not where it stands. */
export interface ShownLine extends LogLine {
  /** The number of the line that stood here first. */
  key: number;
  /** When that one came, in milliseconds since the start was begun. */
  began: number;
}

/**
 * The lines of the latest start, as they come. With follow it keeps asking when the
 * stream ends or breaks; every stream begins with the first line.
 */
export function useStartLog(id: string, follow: boolean): { lines: ShownLine[]; failed: boolean } {
  const [lines, setLines] = useState<ShownLine[]>([]);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const url = `/api/v1/workspaces/${encodeURIComponent(id)}/logs`;
    const read = async () => {
      let seen: ShownLine[] = [];
      for await (const { event, data } of readEvents(url, stop.signal)) {
        if (event !== "line") continue;
        const line = JSON.parse(data) as LogLine;
        seen = put(begins(line, seen) ? [] : seen, line).slice(-keptLines);
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

/** The lines with this one at its end, or in the place of the one it replaces. */
export function put(seen: ShownLine[], line: LogLine): ShownLine[] {
  const { replaces } = line;
  const at = replaces === undefined ? -1 : seen.findLastIndex((l) => l.key === replaces || l.seq === replaces);
  const old = seen[at];
  if (!old) return [...seen, { ...line, key: replaces ?? line.seq, began: line.elapsed }];
  return seen.with(at, { ...line, key: old.key, began: old.began });
}

/** The stream goes on over several starts; each begins its clock anew. */
function begins(line: LogLine, seen: ShownLine[]): boolean {
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
