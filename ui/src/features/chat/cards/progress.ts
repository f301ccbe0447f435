import type { Progress } from "./call";

/** What a call's dot looks like and means. */
export const progresses: Record<Progress, { label: string; dot: string; moving?: boolean }> = {
  writing: { label: "being written", dot: "bg-busy", moving: true },
  running: { label: "running", dot: "bg-busy", moving: true },
  waiting: { label: "waits for you", dot: "bg-primary", moving: true },
  done: { label: "done", dot: "bg-ok" },
  failed: { label: "failed", dot: "bg-danger" },
  refused: { label: "refused", dot: "border border-off" },
  stopped: { label: "not finished", dot: "border border-off" },
};
