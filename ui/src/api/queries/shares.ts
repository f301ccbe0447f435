import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Page, Share, ShareRight } from "../types";
import { dropWorkspace, workspaceKey } from "./workspace-cache";

const sharesKey = (workspaceId: string) => ["shares", workspaceId] as const;
const at = (workspaceId: string, rest = "") => `/workspaces/${encodeURIComponent(workspaceId)}/shares${rest && `/${encodeURIComponent(rest)}`}`;

/** Whom a workspace is shared with; only its owner may ask. */
export const sharesQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: sharesKey(workspaceId),
    queryFn: async ({ signal }) => (await api<Page<Share>>(at(workspaceId), { signal })).items,
    staleTime: 0,
  });

export interface SetShare {
  email: string;
  right: ShareRight;
  /** RFC 3339; absent = for as long as nobody ends it. */
  until?: string;
}

/** Shares with somebody, or changes what they may do. One after another, so that the last one stays. */
export function useSetShare(workspaceId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ email, ...body }: SetShare) => api<Share>(at(workspaceId, email), { method: "PUT", body }),
    scope: { id: `shares of ${workspaceId}` },
    networkMode: "always",
    onSuccess: async (set) => {
      await cache.cancelQueries({ queryKey: sharesKey(workspaceId) });
      cache.setQueryData<Share[]>(sharesKey(workspaceId), (all = []) =>
        all.some((s) => s.userId === set.userId) ? all.map((s) => (s.userId === set.userId ? set : s)) : [...all, set],
      );
      void cache.invalidateQueries({ queryKey: workspaceKey(workspaceId) });
    },
    onError: () => cache.invalidateQueries({ queryKey: sharesKey(workspaceId) }),
  });
}

export function useEndShare(workspaceId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => api<void>(at(workspaceId, userId), { method: "DELETE" }),
    scope: { id: `shares of ${workspaceId}` },
    networkMode: "always",
    onSuccess: (_, userId) => {
      cache.setQueryData<Share[]>(sharesKey(workspaceId), (all) => all?.filter((s) => s.userId !== userId));
      void cache.invalidateQueries({ queryKey: workspaceKey(workspaceId) });
    },
    onError: () => cache.invalidateQueries({ queryKey: sharesKey(workspaceId) }),
  });
}

/** Gives up what somebody else shared. It leaves the lists at once. */
export function useLeaveWorkspace(workspaceId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => api<void>(at(workspaceId, userId), { method: "DELETE" }),
    onSuccess: () => dropWorkspace(cache, workspaceId),
  });
}
