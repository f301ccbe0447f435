import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { CreateWorkspace, Page, UpdateWorkspace, Workspace, WorkspaceStatus } from "../types";
import { isPassing } from "@/lib/query-client";
import { assumeStatus, dropWorkspace, isShared, mergeList, mergeOne, putWorkspace, sharedKey, workspaceKey, workspacesKey } from "./workspace-cache";

/** How long a deletion can be taken back, in seconds. */
export const graceSeconds = 10;

const at = (id: string, rest = "") => `/workspaces/${encodeURIComponent(id)}${rest}`;

async function all(scope: "own" | "shared", signal: AbortSignal): Promise<Workspace[]> {
  const found: Workspace[] = [];
  let cursor = "";
  do {
    const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const page = await api<Page<Workspace>>(`/workspaces?limit=200&scope=${scope}${more}`, { signal });
    found.push(...page.items);
    cursor = page.nextCursor ?? "";
  } while (cursor);
  return found;
}

function newestFirst(list: Workspace[]): Workspace[] {
  return list.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
}

/** All workspaces of the user, newest first: the order stays when statuses change. */
export const workspacesQuery = queryOptions({
  queryKey: workspacesKey,
  queryFn: async ({ signal, client }) => newestFirst(mergeList(client, workspacesKey, await all("own", signal))),
});

/** Those of others that the user may see, newest first. */
export const sharedWorkspacesQuery = queryOptions({
  queryKey: sharedKey,
  queryFn: async ({ signal, client }) => newestFirst(mergeList(client, sharedKey, (await all("shared", signal)).filter(isShared))),
});

export const workspaceQuery = (id: string) =>
  queryOptions({
    queryKey: workspaceKey(id),
    queryFn: async ({ signal, client }) => mergeOne(client, await api<Workspace>(at(id), { signal })),
  });

export function useCreateWorkspace() {
  const cache = useQueryClient();
  return useMutation({
    /** The same key creates the same workspace, however often a click is repeated. */
    mutationFn: ({ key, ...body }: CreateWorkspace & { key: string }) =>
      api<Workspace>("/workspaces", { method: "POST", body, headers: { "Idempotency-Key": key } }),
    // A browser gives up what is under way when its network changes; the key makes it safe
    // to ask again.
    retry: (failures, error) => failures < 3 && isPassing(error),
    retryDelay: (failures) => 500 * 2 ** failures,
    onSuccess: (made) => putWorkspace(cache, made),
  });
}

/** Has the VS Code that is open show its terminal; a new one if it has none. */
export function showTerminal(id: string): Promise<void> {
  return api(`/workspaces/${encodeURIComponent(id)}/editor`, { method: "POST", body: { terminal: true } });
}

export type Order = "start" | "stop" | "restart";

export function orderWorkspace(id: string, order: Order): Promise<Workspace> {
  return api<Workspace>(at(id, `/${order}`), { method: "POST" });
}

/** What a workspace is from an order on that is not refused. A restart is seen to stop first. */
const assumed: Partial<Record<Order, WorkspaceStatus>> = { start: "STARTING", stop: "STOPPING" };

export function useOrderWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (order: Order) => orderWorkspace(id, order),
    onMutate: async (order) => {
      const status = assumed[order];
      if (!status) return undefined;
      // An answer on its way is from before the order.
      await Promise.all([workspacesKey, sharedKey, workspaceKey(id)].map((queryKey) => cache.cancelQueries({ queryKey, exact: true })));
      return assumeStatus(cache, id, status);
    },
    onError: (_error, _order, takeBack) => takeBack?.(),
    onSuccess: (changed) => putWorkspace(cache, changed),
  });
}

export function useUpdateWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateWorkspace) => api<Workspace>(at(id), { method: "PATCH", body }),
    onSuccess: (changed) => putWorkspace(cache, changed),
  });
}

/**
 * Deletes a workspace once the grace is over. Resolves with the time of that, or null
 * when the server began at once.
 */
export async function deleteWorkspace(cache: QueryClient, id: string): Promise<string | null> {
  const going = await api<Workspace | undefined>(at(id, `?grace=${graceSeconds}`), { method: "DELETE" });
  if (going?.deletesAt) {
    putWorkspace(cache, going);
    return going.deletesAt;
  }
  // The server goes on deleting by itself; should it fail, the next event or poll
  // brings the workspace back with the reason.
  dropWorkspace(cache, id);
  return null;
}

/** Takes a deletion back; refused with code too_late once it has begun. */
export async function keepWorkspace(cache: QueryClient, id: string): Promise<void> {
  putWorkspace(cache, await api<Workspace>(at(id, "/keep"), { method: "POST" }));
}

export function useDeleteWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: () => deleteWorkspace(cache, id) });
}

export function useKeepWorkspace(id: string) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: () => keepWorkspace(cache, id) });
}
