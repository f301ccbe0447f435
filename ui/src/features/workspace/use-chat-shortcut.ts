import { useEffect } from "react";

/**
 * Alt+Shift+K shows and hides the chat. VS Code gives it no meaning; keys that are
 * pressed inside its frame never come here.
 */
export function useChatShortcut(toggle: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // The code, not the key: with Alt a Mac types another letter.
      if (event.code !== "KeyK" || !event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      toggle();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [toggle]);
}
