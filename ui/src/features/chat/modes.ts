import { msg, t } from "@/i18n/t";
import type { ChatMode } from "./types";

/** From the most careful to the freest; the texts are given to t when they are drawn. */
export const modes: { value: ChatMode; name: string; detail: string }[] = [
  { value: "plan", name: msg("Plan"), detail: msg("Reads and makes a plan. Changes nothing.") },
  { value: "ask", name: msg("Ask"), detail: msg("Asks before it edits files or runs commands.") },
  { value: "autoEdit", name: msg("Edit"), detail: msg("Edits files by itself. Asks before commands.") },
  { value: "auto", name: msg("Auto"), detail: msg("Edits and runs by itself. Asks only for what is risky.") },
];

export function modeName(mode: ChatMode): string {
  return t(modes.find((m) => m.value === mode)?.name ?? mode);
}

/** Whether the installation lets a chat have the mode. */
export function isAllowed(mode: ChatMode, cap: ChatMode | undefined): boolean {
  const rank = (m: ChatMode) => modes.findIndex((x) => x.value === m);
  return cap === undefined || rank(cap) < 0 || rank(mode) <= rank(cap);
}

/** The mode, or the freest the installation allows when that is less. */
export function capped(mode: ChatMode, cap: ChatMode | undefined): ChatMode {
  return cap === undefined || isAllowed(mode, cap) ? mode : cap;
}
