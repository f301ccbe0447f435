import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { TooltipProvider } from "./components/ui/tooltip";

const Toaster = lazy(() => import("./components/ui/toaster").then((m) => ({ default: m.Toaster })));

export function Root() {
  return (
    <TooltipProvider delayDuration={400}>
      <Outlet />
      <Suspense fallback={null}>
        <Toaster />
      </Suspense>
    </TooltipProvider>
  );
}
