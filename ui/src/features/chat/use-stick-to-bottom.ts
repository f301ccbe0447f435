import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nearer to the end than this the view follows what comes, in pixels. */
const nearPx = 64;

interface Stick {
  box: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  /** The view is not at the end. */
  away: boolean;
  toEnd: () => void;
}

/**
 * Keeps a scrolled box at its end while content comes, unless the reader went up: any
 * move up lets go at once, and coming near the end takes hold again. firstKey is the
 * data-key of the first thing in it: when something comes before it, the view stays
 * where it was.
 */
export function useStickToBottom(firstKey: string | undefined): Stick {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const top = useRef(0);
  /** Where the first thing was on screen. */
  const firstTop = useRef(0);
  const [away, setAway] = useState(false);

  const toEnd = useCallback(() => {
    const el = box.current;
    if (!el) return;
    stuck.current = true;
    setAway(false);
    el.scrollTop = el.scrollHeight;
    top.current = el.scrollTop;
  }, []);

  useEffect(() => {
    const el = box.current;
    const inner = content.current;
    if (!el || !inner) return;
    const note = () => {
      top.current = el.scrollTop;
      firstTop.current = topOf(inner.querySelector("[data-key]"));
    };
    const rest = () => el.scrollHeight - el.scrollTop - el.clientHeight;
    const onScroll = () => {
      const wentUp = el.scrollTop < top.current - 1;
      if (wentUp && rest() > 1) stuck.current = false;
      else if (rest() < nearPx && !wentUp) stuck.current = true;
      note();
      setAway(!stuck.current && rest() > nearPx);
    };
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY < 0 && el.scrollHeight > el.clientHeight) stuck.current = false;
    };
    const onGrown = () => {
      if (stuck.current) el.scrollTop = el.scrollHeight;
      else setAway(rest() > nearPx);
      note();
    };
    const watch = new ResizeObserver(onGrown);
    watch.observe(inner);
    watch.observe(el);
    el.addEventListener("scroll", onScroll, { passive: true });
    el.addEventListener("wheel", onWheel, { passive: true });
    return () => {
      watch.disconnect();
      el.removeEventListener("scroll", onScroll);
      el.removeEventListener("wheel", onWheel);
    };
  }, []);

  const shownFirst = useRef(firstKey);
  useLayoutEffect(() => {
    const before = shownFirst.current;
    shownFirst.current = firstKey;
    const el = box.current;
    if (!el || before === undefined || before === firstKey) return;
    const still = el.querySelector(`[data-key="${CSS.escape(before)}"]`);
    if (!still) return; // other things, not more of them
    stuck.current = false;
    el.scrollTop += topOf(still) - firstTop.current;
    top.current = el.scrollTop;
  }, [firstKey]);

  return { box, content, away, toEnd };
}

function topOf(element: Element | null): number {
  return element?.getBoundingClientRect().top ?? 0;
}
