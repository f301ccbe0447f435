import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { Crash } from "./components/layout/crash";
import { NotFound } from "./components/layout/not-found";
import { PageSkeleton } from "./components/layout/page-skeleton";
import { routeTree } from "./routes";

export function newRouter(cache: QueryClient) {
  return createRouter({
    routeTree,
    context: { cache },
    defaultErrorComponent: Crash,
    defaultNotFoundComponent: NotFound,
    defaultPendingComponent: PageSkeleton,
    defaultPendingMs: 300,
    defaultPreload: "intent",
    scrollRestoration: true,
    // Plain strings: the default would read an invitation 123 as a number.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const pairs = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === "string");
      return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "";
    },
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
