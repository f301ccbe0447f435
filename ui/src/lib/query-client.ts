import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { Problem } from "@/api/problem";

/** The cache of server state. onSignedOut is called when a call says the login is over. */
export function newQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: unknown) => {
    if (error instanceof Problem && error.status === 401 && error.code === "unauthorized") onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Another try helps against lost connections and restarts, not against refusals.
        retry: (failures, error) => failures < 2 && (isPassing(error) || isSoon(error)),
        retryDelay,
      },
      // Without a network a click fails at once: what it meant is not done hours later.
      mutations: { networkMode: "always" },
    },
  });
}

/** When a query that failed is tried again, in milliseconds: never before the server said. */
export function retryDelay(failures: number, error: unknown): number {
  const asked = error instanceof Problem ? error.retryAfter * 1000 : 0;
  return Math.max(asked, Math.min(1000 * 2 ** failures, 30_000));
}

/** Too much was asked at once, and the wait is short enough that nobody needs to hear of it. */
function isSoon(error: unknown): boolean {
  return error instanceof Problem && error.status === 429 && error.retryAfter > 0 && error.retryAfter <= 5;
}

/** Another try may help: no answer came, or none of Kalpana's. */
export function isPassing(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 502);
}
