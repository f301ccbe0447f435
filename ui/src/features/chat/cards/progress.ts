import { msg } from "@/i18n/t";
import type { Progress } from "./call";

/** What a call's dot looks like and means. */
export const progresses: Record<Progress, { label: string; dot: string; moving?: boolean }> = {
  writing: { label: msg("being written"), dot: "bg-busy", moving: true },
  running: { label: msg("running"), dot: "bg-busy", moving: true },
  waiting: { label: msg("waits for you"), dot: "bg-primary", moving: true },
  done: { label: msg("done"), dot: "bg-ok" },
  failed: { label: msg("failed"), dot: "bg-danger" },
  refused: { label: msg("refused"), dot: "border border-off" },
  stopped: { label: msg("not finished"), dot: "border border-off" },
};
