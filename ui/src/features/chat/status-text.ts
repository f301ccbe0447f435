import { t } from "@/i18n/t";
import type { LiveState } from "./live-chat";
import { pendingCalls } from "./turn-items";
import type { ChatMessage } from "./types";

/** One line on what a running turn does: what the server says first, else what its parts show. */
export function statusText(state: LiveState, last: ChatMessage | undefined): string {
  if (state.lost) return t("Connection lost. The agent goes on; trying again");
  if (state.stopping) return t("Stopping…");
  if (state.status) return state.status.text;
  if (pendingCalls(last).length > 0) return t("Waiting for you");
  const part = last?.role === "assistant" ? last.parts.at(-1) : undefined;
  if (part?.type === "reasoning" && part.state === "streaming") return t("Thinking…");
  if (part?.type === "text" && part.state === "streaming") return t("Writing…");
  return t("Working…");
}
