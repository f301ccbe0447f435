import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useSyncExternalStore } from "react";
import { TooltipProvider } from "./components/ui/tooltip";
import { toaster } from "./lib/toast";

const Toaster = lazy(() => import("./components/ui/toaster").then((m) => ({ default: m.Toaster })));

export function Root() {
  const toasts = useSyncExternalStore(toaster.subscribe, toaster.isWanted);
  return (
    <TooltipProvider delayDuration={400}>
      <Outlet />
      {toasts && (
        <Suspense fallback={null}>
          <Toaster />
        </Suspense>
      )}
    </TooltipProvider>
  );
}
