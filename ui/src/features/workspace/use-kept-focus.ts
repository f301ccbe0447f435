import { type RefObject, useEffect } from "react";

/** How long after a press of Tab, or after it was wanted there, the focus may have gone into the frame by it, in milliseconds. */
const tabMs = 300;

/** Told to a frame that somebody wants the focus in it. */
const wanted = "kalpana-wanted";

/** Puts the focus into a frame, also into one that may not take it by itself. */
export function focusFrame(frame: HTMLIFrameElement): void {
  frame.dispatchEvent(new Event(wanted));
  frame.focus();
}

/**
 * Gives the focus back that a frame took by itself: VS Code takes it when it has loaded,
 * and what somebody is writing elsewhere would go into a file. Whoever points into the
 * frame, or comes to it by Tab or focusFrame, keeps it there.
 */
export function useKeptFocus(frame: RefObject<HTMLIFrameElement | null>): void {
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let pointed = false;
    let tabbed = -Infinity;
    let last: Element | null = document.activeElement;
    const onEnter = () => (pointed = true);
    const onLeave = () => (pointed = false);
    const onFocus = (event: FocusEvent) => {
      if (event.target instanceof Element && event.target !== element) last = event.target;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Tab") tabbed = performance.now();
    };
    const onWanted = () => (tabbed = performance.now());
    const giveBack = () => {
      if (document.activeElement !== element || pointed || performance.now() - tabbed < tabMs) return;
      if (last instanceof HTMLElement && last !== document.body && last.isConnected) last.focus({ preventScroll: true });
    };
    // Not at once: while the focus is moving, a field would only look as if it had it, and
    // what is typed would still go to the frame.
    const onBlur = () => setTimeout(giveBack);
    element.addEventListener(wanted, onWanted);
    element.addEventListener("pointerenter", onEnter);
    element.addEventListener("pointerleave", onLeave);
    document.addEventListener("focusin", onFocus);
    document.addEventListener("keydown", onKey, true);
    window.addEventListener("blur", onBlur);
    return () => {
      element.removeEventListener(wanted, onWanted);
      element.removeEventListener("pointerenter", onEnter);
      element.removeEventListener("pointerleave", onLeave);
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("keydown", onKey, true);
      window.removeEventListener("blur", onBlur);
    };
  }, [frame]);
}
