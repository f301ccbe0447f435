import { lazy, Suspense, useEffect } from "react";
import { setPaletteOpen, usePaletteOpen } from "./open";
import { asksForPalette } from "./shortcut";

const Palette = lazy(() => import("./palette").then((m) => ({ default: m.Palette })));

/** Opens the palette by its keys on every page of the signed-in. */
export function PaletteHost() {
  const open = usePaletteOpen();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!asksForPalette(event)) return;
      event.preventDefault();
      // Over another dialog it would hide what was begun there.
      if (!document.querySelector('[role="dialog"], [role="alertdialog"]')) setPaletteOpen(true);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      setPaletteOpen(false);
    };
  }, []);
  return open ? (
    <Suspense>
      <Palette onClose={() => setPaletteOpen(false)} />
    </Suspense>
  ) : null;
}
