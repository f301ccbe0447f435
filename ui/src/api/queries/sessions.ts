import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Page, Session } from "../types";

const sessionsKey = ["sessions"] as const;

export const sessionsQuery = queryOptions({
  queryKey: sessionsKey,
  queryFn: async ({ signal }) => (await api<Page<Session>>("/sessions", { signal })).items,
});

export function useRevokeSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<void>(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: sessionsKey }),
  });
}
