import { dataOf } from "./turn-items";
import type { ChatMessage } from "./types";

/**
 * The checkpoint that undoes the files of the turns from a message on, or undefined when
 * they left the files alone. The message is a turn's own or its answer.
 */
export function filesOfTurns(messages: ChatMessage[], from: string): string | undefined {
  const dropped = messages.slice(Math.max(0, messages.findIndex((m) => m.id === from)));
  if (!dropped.some(mayHaveChanged)) return undefined;
  // The first is from before all of them.
  return dropped.map((m) => dataOf(m, "checkpoint")?.checkpoint).find(Boolean);
}

/** A turn says at its end what it changed; one that did not get there may have changed anything. */
function mayHaveChanged(message: ChatMessage): boolean {
  if (!dataOf(message, "checkpoint")?.checkpoint) return false;
  return message.metadata?.state !== "done" || (dataOf(message, "diff")?.files?.length ?? 0) > 0;
}
