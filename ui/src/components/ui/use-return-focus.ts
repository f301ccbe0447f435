import { useRef } from "react";

/**
 * Gives the focus back to where it was before a dialog opened. Radix does that only for
 * dialogs with a trigger of their own.
 */
export function useReturnFocus() {
  const before = useRef<Element | null>(null);
  return {
    /** For onOpenAutoFocus. */
    remember: () => {
      before.current = document.activeElement;
    },
    /** For onCloseAutoFocus. */
    giveBack: (event: Event) => {
      event.preventDefault();
      if (before.current instanceof HTMLElement) before.current.focus();
    },
  };
}
