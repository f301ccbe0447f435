import { useSyncExternalStore } from "react";

/** A card on the page that waits for the user. */
export interface Waiting {
  approvalId: string;
  chatId: string;
  /** Questions cannot be answered together with others. */
  kind: "call" | "question";
  element: HTMLElement;
}

let all: readonly Waiting[] = [];
const listeners = new Set<() => void>();

/** Adds a card for as long as it waits; the answer takes it out again. */
export function addWaiting(card: Waiting): () => void {
  change([...all, card].toSorted(inPage));
  return () => change(all.filter((c) => c !== card));
}

/** The cards of a chat that wait, from top to bottom. */
export function waitingIn(chatId: string): Waiting[] {
  return all.filter((c) => c.chatId === chatId);
}

/** All cards that wait, from top to bottom; the same array until that changes. */
export function useWaiting(): readonly Waiting[] {
  return useSyncExternalStore(subscribe, () => all);
}

function change(next: readonly Waiting[]): void {
  all = next;
  for (const notify of listeners) notify();
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  return () => listeners.delete(notify);
}

function inPage(a: Waiting, b: Waiting): number {
  return a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}
