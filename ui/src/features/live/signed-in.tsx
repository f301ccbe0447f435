import { Outlet } from "@tanstack/react-router";
import { PaletteHost } from "@/features/palette/palette-host";
import { useLiveEvents } from "./use-live-events";

/** Everything that needs a login. Listens for changes as long as somebody is signed in. */
export function SignedIn() {
  useLiveEvents();
  return (
    <>
      <Outlet />
      <PaletteHost />
    </>
  );
}
