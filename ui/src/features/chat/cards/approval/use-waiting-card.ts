import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useChatActions } from "../../chat-context";
import { type Waiting, addWaiting, waitingIn } from "./waiting";

/**
 * How long a card that took the focus leaves keys alone, in milliseconds, after the focus
 * came and after each key since: who is about to write a message must not answer with its
 * first letters.
 */
const quietMs = 700;

/** How long after a card came the focus may still go to it, in milliseconds. */
const arrivalMs = 3000;

interface WaitingCard {
  approvalId: string;
  kind: Waiting["kind"];
  /** Where the focus goes when this was the last card and it had it. */
  after: RefObject<HTMLElement | null>;
  /** Called with a key that was pressed on the card itself, in lower case; true when it meant something. */
  onKey: (key: string) => boolean;
}

/**
 * Makes an element a card that waits: the focus comes to the first one of a chat when it
 * appears, unless somebody types or works elsewhere, and goes on to the next when it is
 * answered.
 */
export function useWaitingCard({ approvalId, kind, after, onKey }: WaitingCard) {
  const { chatId } = useChatActions();
  const card = useRef<HTMLDivElement>(null);
  const quietUntil = useRef(0);

  useLayoutEffect(() => {
    const element = card.current;
    if (!element) return;
    const back = after.current;
    const remove = addWaiting({ approvalId, chatId, kind, element });
    return () => {
      remove();
      if (!element.contains(document.activeElement)) return;
      const next = waitingIn(chatId)[0]?.element;
      queueMicrotask(() => (next ?? back)?.focus()); // when this element is gone
    };
  }, [approvalId, chatId, kind, after]);

  useEffect(() => {
    const element = card.current;
    if (!element) return;
    const take = () => {
      if (waitingIn(chatId)[0]?.element !== element || !mayFocus(element)) return false;
      element.focus({ preventScroll: true });
      return true;
    };
    if (take()) return;
    // The list scrolls to a new card a moment after it is there.
    const seen = new IntersectionObserver(() => take() && seen.disconnect(), { threshold: [0, 0.25, 0.5, 0.75, 1] });
    seen.observe(element);
    const late = setTimeout(() => seen.disconnect(), arrivalMs);
    return () => {
      seen.disconnect();
      clearTimeout(late);
    };
  }, [approvalId, chatId]);

  const hold = () => (quietUntil.current = performance.now() + quietMs);
  return {
    ref: card,
    tabIndex: -1,
    onFocus: (event: { target: EventTarget | null }) => {
      if (event.target === card.current) hold();
    },
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isField(event.target)) return;
      if (performance.now() < quietUntil.current) {
        if (event.key.length === 1 && event.target === card.current) hold();
        return;
      }
      if (!isInView(event.currentTarget)) {
        // Nobody answers what cannot be read; the key may have been meant for another card.
        event.currentTarget.scrollIntoView({ block: "nearest" });
        hold();
        return;
      }
      if (onKey(event.key.toLowerCase())) event.preventDefault();
    },
  };
}

/** Whether nobody would be interrupted. The editor's frame has the focus when somebody works in it. */
function mayFocus(element: HTMLElement): boolean {
  const active = document.activeElement;
  if (active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement) {
    if (active.value !== "") return false;
  } else if (active instanceof HTMLElement && active !== document.body && (active.isContentEditable || active.tagName === "IFRAME" || active.closest('[role="dialog"],[role="menu"],[role="listbox"]'))) {
    return false;
  }
  return isInView(element);
}

/** Whether half of it, or as much as fills half of the view, is on screen. */
function isInView(element: HTMLElement): boolean {
  const { top, bottom, height } = element.getBoundingClientRect();
  const view = scrollArea(element)?.getBoundingClientRect();
  const [upper, lower] = [Math.max(0, view?.top ?? 0), Math.min(window.innerHeight, view?.bottom ?? window.innerHeight)];
  return Math.min(bottom, lower) - Math.max(top, upper) >= Math.min(height, lower - upper) / 2;
}

function scrollArea(element: HTMLElement): HTMLElement | null {
  for (let box = element.parentElement; box; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  }
  return null;
}

function isField(target: EventTarget): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
