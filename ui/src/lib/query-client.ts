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
        retry: (failures, error) => failures < 2 && isPassing(error),
      },
      // Without a network a click fails at once: what it meant is not done hours later.
      mutations: { networkMode: "always" },
    },
  });
}

/** Another try may help: no answer came, or none of Kalpana's. */
export function isPassing(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 502);
}
