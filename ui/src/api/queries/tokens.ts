import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { CreateToken, NewToken, Page, Token } from "../types";

const tokensKey = ["tokens"] as const;

export const tokensQuery = queryOptions({
  queryKey: tokensKey,
  queryFn: async ({ signal }) => (await api<Page<Token>>("/tokens", { signal })).items,
});

export function useCreateToken() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateToken) => api<NewToken>("/tokens", { method: "POST", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: tokensKey }),
    gcTime: 0, // the secret goes with the dialog
  });
}

export function useRevokeToken() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<void>(`/tokens/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: tokensKey }),
  });
}
