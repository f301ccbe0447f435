import { Outlet } from "@tanstack/react-router";
import { useRef } from "react";
import { t } from "@/i18n/t";
import { Header } from "./header";
import { usePageFocus } from "./use-page-focus";

/** Header, and the page below it. */
export function PageLayout() {
  const main = useRef<HTMLElement>(null);
  usePageFocus(main);
  return (
    <div className="min-h-full">
      <a href="#content" className="sr-only z-50 rounded-lg bg-primary px-3 py-2 text-primary-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t("Skip to content")}
      </a>
      <Header />
      <main ref={main} id="content" tabIndex={-1} className="mx-auto max-w-6xl px-4 py-8 outline-none sm:px-6 sm:py-10">
        <Outlet />
      </main>
    </div>
  );
}
