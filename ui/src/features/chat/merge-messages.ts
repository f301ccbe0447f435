import type { ChatMessage } from "./types";

/**
 * What is here with the newest turns as the server has them: from the first of those on
 * the server's order and number count. joined = the turns before them stayed.
 */
export function mergeNewest(here: ChatMessage[], newest: ChatMessage[]): { messages: ChatMessage[]; joined: boolean } {
  const [first] = newest;
  const from = first ? here.findIndex((m) => m.id === first.id) : -1;
  if (from < 0) return { messages: newest, joined: false };
  return { messages: [...here.slice(0, from), ...newest], joined: true };
}
