import { useEffect, useRef } from "react";
import type { LogLine } from "@/api/types";
import { useStartLog } from "./use-start-log";

/** The start log; with follow live and scrolled to its end, unless the reader scrolled up. */
export function StartLog({ id, follow = false }: { id: string; follow?: boolean }) {
  const { lines, failed } = useStartLog(id, follow);
  const box = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  useEffect(() => {
    if (pinned.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const onScroll = () => {
    const el = box.current;
    if (el) pinned.current = el.scrollHeight - el.scrollTop - el.clientHeight < 24;
  };
  if (lines.length === 0) {
    return failed ? <p className="text-sm text-muted-foreground">The start log cannot be read right now.</p> : null;
  }
  return (
    <div
      ref={box}
      onScroll={onScroll}
      role="log"
      aria-label="Start log"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
      tabIndex={0}
      className="max-h-80 overflow-auto rounded-xl border border-border bg-surface p-4 font-mono text-xs leading-relaxed"
    >
      {lines.map((line) => (
        <Line key={line.seq} line={line} />
      ))}
    </div>
  );
}

function Line({ line }: { line: LogLine }) {
  return (
    <div className="flex gap-3">
      <time dateTime={line.time} className="shrink-0 text-muted-foreground tabular-nums">
        {new Date(line.time).toLocaleTimeString("en-GB")}
      </time>
      <span className="w-20 shrink-0 truncate text-muted-foreground" title={line.phase}>
        {line.phase}
      </span>
      <span className="min-w-0 break-words whitespace-pre-wrap">{line.text}</span>
    </div>
  );
}
