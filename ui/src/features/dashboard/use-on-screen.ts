import { type RefCallback, useCallback, useRef, useState } from "react";

/** Scrolling past is not looking, in milliseconds. */
const calmMs = 200;

/**
 * Which elements are on screen, by their data-id, in the order of the ids. Watch is a ref
 * for each of them.
 */
export function useOnScreen(): { ids: string[]; watch: RefCallback<HTMLElement> } {
  const [ids, setIds] = useState<string[]>([]);
  const state = useRef<{ seen: Set<string>; timer?: ReturnType<typeof setTimeout>; observer?: IntersectionObserver }>({ seen: new Set() });
  const watch = useCallback((element: HTMLElement | null) => {
    const id = element?.dataset.id;
    if (!element || !id) return undefined;
    const { current } = state;
    const tell = () => {
      clearTimeout(current.timer);
      current.timer = setTimeout(() => setIds((old) => (same(old, current.seen) ? old : [...current.seen].toSorted())), calmMs);
    };
    current.observer ??= new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const of = (target as HTMLElement).dataset.id;
        if (of && isIntersecting) current.seen.add(of);
        else if (of) current.seen.delete(of);
      }
      tell();
    });
    const { observer } = current;
    observer.observe(element);
    return () => {
      observer.unobserve(element);
      current.seen.delete(id);
      tell();
    };
  }, []);
  return { ids, watch };
}

function same(old: string[], seen: Set<string>): boolean {
  return old.length === seen.size && old.every((id) => seen.has(id));
}
