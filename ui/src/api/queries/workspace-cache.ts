import type { QueryClient } from "@tanstack/react-query";
import type { Workspace } from "../types";

export const workspacesKey = ["workspaces"] as const;
export const workspaceKey = (id: string) => ["workspace", id] as const;

/**
 * Ids whose deletion was accepted. The server reports every step of taking a workspace
 * down; those must not bring it back on screen. Only a failed deletion does.
 */
const going = new Set<string>();

/** Writes what the server said last into every view. Older news never overwrites newer. */
export function putWorkspace(cache: QueryClient, news: Workspace): void {
  if (going.has(news.id)) {
    if (news.status !== "ERROR") return;
    going.delete(news.id);
  }
  cache.setQueryData<Workspace>(workspaceKey(news.id), (old) => newer(old, news));
  cache.setQueryData<Workspace[]>(workspacesKey, (list) => {
    if (!list) return list;
    if (!list.some((w) => w.id === news.id)) return [news, ...list];
    return list.map((w) => (w.id === news.id ? newer(w, news) : w));
  });
}

/** Takes a workspace off the lists; its own page asks the server again and sees it gone. */
export function dropWorkspace(cache: QueryClient, id: string): void {
  going.add(id);
  cache.setQueryData<Workspace[]>(workspacesKey, (list) => list?.filter((w) => w.id !== id));
  void cache.invalidateQueries({ queryKey: workspaceKey(id) });
}

/**
 * What a list that was asked for makes of the one on screen. An event may have overtaken
 * the answer, so newer news stay; what is being deleted stays away.
 */
export function mergeList(cache: QueryClient, answer: Workspace[]): Workspace[] {
  const known = new Map(cache.getQueryData<Workspace[]>(workspacesKey)?.map((w) => [w.id, w]));
  return answer.filter((w) => !going.has(w.id) || w.status === "ERROR").map((w) => newer(known.get(w.id), w));
}

/** The same for one workspace. */
export function mergeOne(cache: QueryClient, answer: Workspace): Workspace {
  return newer(cache.getQueryData<Workspace>(workspaceKey(answer.id)), answer);
}

function newer(old: Workspace | undefined, news: Workspace): Workspace {
  // Whole milliseconds: what follows in the string differs in length, not in meaning.
  return old && Date.parse(old.updatedAt) > Date.parse(news.updatedAt) ? old : news;
}
