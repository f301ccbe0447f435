import { useEffect, useRef } from "react";
import { asksForHelp, pressed, type ShortcutName } from "./shortcuts";

export type Ways = { [name in ShortcutName | "help"]?: () => void };

/** Does what the keys say. A shortcut without a way does nothing and is left to the browser. */
export function useShortcuts(ways: Ways): void {
  const latest = useRef(ways);
  useEffect(() => {
    latest.current = ways;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const name = asksForHelp(event) ? "help" : pressed(event);
      const act = name && latest.current[name];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
