import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { GitCredential, Page, SetGitCredential } from "../types";

const credentialsKey = ["git-credentials"] as const;

/** The Git hosts besides GitHub that the user signs in to. Passwords are never there. */
export const gitCredentialsQuery = queryOptions({
  queryKey: credentialsKey,
  queryFn: async ({ signal }) => (await api<Page<GitCredential>>("/git-credentials", { signal })).items,
});

/** Adds one, or takes the place of the one for this host. */
export function useSetGitCredential() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ host, ...body }: SetGitCredential & { host: string }) => api<unknown>(`/git-credentials/${encodeURIComponent(host)}`, { method: "PUT", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: credentialsKey }),
    gcTime: 0, // the password goes with the dialog
  });
}

export function useDeleteGitCredential() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (host: string) => api<void>(`/git-credentials/${encodeURIComponent(host)}`, { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: credentialsKey }),
  });
}
