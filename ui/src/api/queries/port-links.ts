import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { CreatePortLink, NewPortLink, Page, PortLink } from "../types";

const key = (id: string) => ["port-links", id] as const;
const at = (id: string, rest = "") => `/workspaces/${encodeURIComponent(id)}/links${rest}`;

/** The links to ports of a workspace. How often one was opened changes without an event. */
export const portLinksQuery = (id: string) =>
  queryOptions({
    queryKey: key(id),
    queryFn: async ({ signal }) => (await api<Page<PortLink>>(at(id), { signal })).items,
    staleTime: 0,
  });

export function useCreatePortLink(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: CreatePortLink) => api<NewPortLink>(at(id), { method: "POST", body }),
    onSuccess: async ({ url: _shownOnce, ...made }) => {
      await cache.cancelQueries({ queryKey: key(id) });
      cache.setQueryData<PortLink[]>(key(id), (links = []) => [made, ...links.filter((l) => l.id !== made.id)]);
    },
  });
}

/** Ends a link; what is open through it is cut. */
export function useDeletePortLink(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (link: PortLink) => api<void>(at(id, `/${encodeURIComponent(link.id)}`), { method: "DELETE" }),
    onSuccess: async (_, link) => {
      await cache.cancelQueries({ queryKey: key(id) });
      cache.setQueryData<PortLink[]>(key(id), (links = []) => links.filter((l) => l.id !== link.id));
    },
  });
}
