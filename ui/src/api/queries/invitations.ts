import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { CreateInvitation, Invitation, NewInvitation, Page } from "../types";

const invitationsKey = ["invitations"] as const;

export const invitationsQuery = queryOptions({
  queryKey: invitationsKey,
  queryFn: async ({ signal }) => (await api<Page<Invitation>>("/invitations", { signal })).items,
});

export function useCreateInvitation() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateInvitation) => api<NewInvitation>("/invitations", { method: "POST", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: invitationsKey }),
    gcTime: 0, // the link goes with the dialog
  });
}

export function useWithdrawInvitation() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<void>(`/invitations/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: invitationsKey }),
  });
}
