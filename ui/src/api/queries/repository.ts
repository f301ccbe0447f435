import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { RepositoryEvent, UnpushedWork, Workspace, WorkspaceRepository } from "../types";
import { workspaceKey } from "./workspace-cache";

const keptEvents = 50; // as many as the server keeps
const at = (id: string, rest: string) => `/workspaces/${encodeURIComponent(id)}/${rest}`;
const repositoryKey = (id: string) => ["repository", id] as const;

/** The repository of a workspace and what happened there. Events patch it. */
export const repositoryQuery = (id: string) =>
  queryOptions({
    queryKey: repositoryKey(id),
    queryFn: ({ signal }) => api<WorkspaceRepository>(at(id, "repository"), { signal }),
  });

/** Puts an event that was reported before those that are shown. */
export function putRepositoryEvent(cache: QueryClient, { workspaceId, event }: { workspaceId: string; event: RepositoryEvent }): void {
  cache.setQueryData<WorkspaceRepository>(repositoryKey(workspaceId), (shown) => {
    if (!shown) return shown;
    const others = shown.events.filter((e) => e.id !== event.id);
    return { ...shown, events: [event, ...others].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, keptEvents) };
  });
}

/** Events may have been missed: asks again for those that are shown. */
export function refetchRepositories(cache: QueryClient): void {
  void cache.invalidateQueries({ queryKey: ["repository"] });
}

/**
 * Work in a workspace that is nowhere else. A running workspace is asked, which may take
 * seconds; of one that does not run, the server tells what it knew when it stopped.
 */
export const unpushedQuery = ({ id, status }: Pick<Workspace, "id" | "status">) =>
  queryOptions({
    queryKey: ["unpushed", id, status === "RUNNING" ? "live" : "kept"],
    queryFn: ({ signal }) => api<UnpushedWork>(at(id, "unpushed"), { signal }),
    staleTime: 60_000,
    retry: false,
  });

/** Tries a clone that failed once more. How it went shows in the workspace. */
export function useRetryClone(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => api<unknown>(at(id, "clone"), { method: "POST" }),
    onSuccess: () => cache.invalidateQueries({ queryKey: workspaceKey(id) }),
  });
}
