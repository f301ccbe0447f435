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
    queryFn: async ({ signal, client }) => withNews(client, id, await api<WorkspaceRepository>(at(id, "repository"), { signal })),
  });

/** Puts an event that was reported before those that are shown. */
export function putRepositoryEvent(cache: QueryClient, { workspaceId, event }: { workspaceId: string; event: RepositoryEvent }): void {
  const queryKey = repositoryKey(workspaceId);
  const shown = cache.getQueryData<WorkspaceRepository>(queryKey);
  if (shown) {
    cache.setQueryData<WorkspaceRepository>(queryKey, { ...shown, events: newestFirst([event, ...shown.events]) });
  } else if (cache.isFetching({ queryKey, exact: true }) > 0) {
    // The first answer is on its way, and may have been written before this happened.
    void cache.cancelQueries({ queryKey, exact: true }).then(() => cache.invalidateQueries({ queryKey, exact: true }));
  }
}

/** An event may have overtaken the answer: what is shown of the same repository stays. */
function withNews(cache: QueryClient, id: string, answer: WorkspaceRepository): WorkspaceRepository {
  const shown = cache.getQueryData<WorkspaceRepository>(repositoryKey(id));
  if (shown?.fullName !== answer.fullName) return answer;
  return { ...answer, events: newestFirst([...answer.events, ...shown.events]) };
}

/** Of an event that is there twice, the first counts. */
function newestFirst(events: RepositoryEvent[]): RepositoryEvent[] {
  return [...new Map(events.toReversed().map((e) => [e.id, e])).values()].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, keptEvents);
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
