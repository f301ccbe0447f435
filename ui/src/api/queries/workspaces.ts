import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { CreateWorkspace, Page, UpdateWorkspace, Workspace } from "../types";
import { dropWorkspace, mergeList, mergeOne, putWorkspace, workspaceKey, workspacesKey } from "./workspace-cache";

/** All workspaces of the user, newest first: the order stays when statuses change. */
export const workspacesQuery = queryOptions({
  queryKey: workspacesKey,
  queryFn: async ({ signal, client }) => {
    const all: Workspace[] = [];
    let cursor = "";
    do {
      const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const page = await api<Page<Workspace>>(`/workspaces?limit=200${more}`, { signal });
      all.push(...page.items);
      cursor = page.nextCursor ?? "";
    } while (cursor);
    return mergeList(client, all).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
  },
});

export const workspaceQuery = (id: string) =>
  queryOptions({
    queryKey: workspaceKey(id),
    queryFn: async ({ signal, client }) => mergeOne(client, await api<Workspace>(`/workspaces/${encodeURIComponent(id)}`, { signal })),
  });

export function useCreateWorkspace() {
  const cache = useQueryClient();
  return useMutation({
    /** The same key creates the same workspace, however often a click is repeated. */
    mutationFn: ({ key, ...body }: CreateWorkspace & { key: string }) =>
      api<Workspace>("/workspaces", { method: "POST", body, headers: { "Idempotency-Key": key } }),
    onSuccess: (made) => putWorkspace(cache, made),
  });
}

export type Order = "start" | "stop" | "restart";

export function useOrderWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (order: Order) => api<Workspace>(`/workspaces/${id}/${order}`, { method: "POST" }),
    onSuccess: (changed) => putWorkspace(cache, changed),
  });
}

export function useUpdateWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateWorkspace) => api<Workspace>(`/workspaces/${id}`, { method: "PATCH", body }),
    onSuccess: (changed) => putWorkspace(cache, changed),
  });
}

export function useDeleteWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => api<Workspace | undefined>(`/workspaces/${id}`, { method: "DELETE" }),
    // The server goes on deleting by itself; should it fail, the next event or poll
    // brings the workspace back with the reason.
    onSuccess: () => dropWorkspace(cache, id),
  });
}
