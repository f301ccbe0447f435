import { useRouter } from "@tanstack/react-router";
import { type RefObject, useEffect } from "react";

/**
 * Once another page is drawn, keyboards and screen readers go on at its heading, or at
 * the section that the address names.
 */
export function usePageFocus(main: RefObject<HTMLElement | null>): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, toLocation, pathChanged, hashChanged }) => {
        if (!fromLocation || !(pathChanged || (hashChanged && toLocation.hash))) return;
        const named = toLocation.hash ? document.getElementById(toLocation.hash) : null;
        const target = named ?? main.current?.querySelector("h1") ?? main.current;
        if (!target) return;
        if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
        target.focus({ preventScroll: true });
      }),
    [router, main],
  );
}
