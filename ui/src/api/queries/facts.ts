import { queryOptions, skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Page, WorkspaceFacts } from "../types";

/** As often as the server samples, in milliseconds. */
const periodMs = 5000;
/** So many workspaces can be asked for at once. */
const most = 50;

const factsOf = (id: string) => queryOptions<WorkspaceFacts>({ queryKey: ["facts", id], queryFn: skipToken });

/** What is known of a workspace; undefined until somebody asks for it with useFactsPoll. */
export function useFacts(id: string): WorkspaceFacts | undefined {
  return useQuery(factsOf(id)).data;
}

/** Asks for these workspaces again and again, while the tab is looked at. */
export function useFactsPoll(ids: string[]): void {
  const cache = useQueryClient();
  const asked = ids.slice(0, most);
  useQuery({
    queryKey: ["facts of", ...asked],
    queryFn: async ({ signal }) => {
      const { items } = await api<Page<WorkspaceFacts>>(`/workspaces/facts?${asked.map((id) => `id=${encodeURIComponent(id)}`).join("&")}`, { signal });
      for (const facts of items) cache.setQueryData(factsOf(facts.id).queryKey, facts);
      return items.length;
    },
    enabled: asked.length > 0,
    refetchInterval: periodMs,
    staleTime: 0,
    gcTime: 0,
    retry: false, // the next poll is another try
  });
}
