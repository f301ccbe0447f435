import type { QueryClient } from "@tanstack/react-query";
import type { Me, Workspace, WorkspaceStatus } from "../types";
import { meKey } from "./me";

export const workspacesKey = ["workspaces"] as const;
/** Of others; asked again whenever the user's own are. */
export const sharedKey = ["workspaces", "shared"] as const;
export const workspaceKey = (id: string) => ["workspace", id] as const;

/**
 * Ids whose deletion was accepted. The server reports every step of taking a workspace
 * down; those must not bring it back on screen. Only a failed deletion does.
 */
const going = new Set<string>();

/** Whether it is somebody else's who shares it. Administrators see some to which they have no right. */
export function isShared(workspace: Workspace): boolean {
  return workspace.right !== "" && workspace.right !== "owner";
}

/** Writes what the server said last into every view. Older news never overwrites newer. */
export function putWorkspace(cache: QueryClient, news: Workspace): void {
  const shared = isShared(news);
  // A share that ended and was given anew is news; a workspace of one's own that goes is not.
  if (going.has(news.id) && !shared) {
    if (news.status !== "ERROR") return;
    going.delete(news.id);
  }
  cache.setQueryData<Workspace>(workspaceKey(news.id), (old) => newer(old, news));
  // Administrators get answers about workspaces that are neither theirs nor shared with them.
  const me = cache.getQueryData<Me>(meKey);
  if (!shared && me && me.user.id !== news.ownerId) return;
  cache.setQueryData<Workspace[]>(shared ? sharedKey : workspacesKey, (list) => {
    if (!list) return list;
    if (!list.some((w) => w.id === news.id)) return [news, ...list];
    return list.map((w) => (w.id === news.id ? newer(w, news) : w));
  });
}

/** Takes a workspace off the lists; its own page asks the server again and sees it gone. */
export function dropWorkspace(cache: QueryClient, id: string): void {
  going.add(id);
  for (const key of [workspacesKey, sharedKey]) {
    cache.setQueryData<Workspace[]>(key, (list) => list?.filter((w) => w.id !== id));
  }
  void cache.invalidateQueries({ queryKey: workspaceKey(id) });
}

/**
 * Shows a status before the server has said it. The function it returns takes that back
 * wherever no news came meanwhile.
 */
export function assumeStatus(cache: QueryClient, id: string, status: WorkspaceStatus): () => void {
  const keys = [workspacesKey, sharedKey];
  const change = (key: readonly string[], of: (w: Workspace) => Workspace) =>
    cache.setQueryData<Workspace[]>(key, (list) => (list?.some((w) => w.id === id) ? list.map((w) => (w.id === id ? of(w) : w)) : list));
  const changeOne = (of: (w: Workspace) => Workspace) => cache.setQueryData<Workspace>(workspaceKey(id), (w) => w && of(w));
  let before: Workspace | undefined;
  const assume = (w: Workspace): Workspace => {
    before ??= w;
    return { ...w, status, statusReason: "" };
  };
  const takeBack = (w: Workspace): Workspace =>
    before && w.status === status && w.updatedAt === before.updatedAt ? { ...w, status: before.status, statusReason: before.statusReason } : w;
  for (const key of keys) change(key, assume);
  changeOne(assume);
  return () => {
    for (const key of keys) change(key, takeBack);
    changeOne(takeBack);
  };
}

/**
 * What a list that was asked for makes of the one on screen. An event may have overtaken
 * the answer, so newer news stay; what is being deleted stays away.
 */
export function mergeList(cache: QueryClient, key: readonly string[], answer: Workspace[]): Workspace[] {
  const known = new Map(cache.getQueryData<Workspace[]>(key)?.map((w) => [w.id, w]));
  return answer.filter((w) => !going.has(w.id) || isShared(w) || w.status === "ERROR").map((w) => newer(known.get(w.id), w));
}

/** The same for one workspace. */
export function mergeOne(cache: QueryClient, answer: Workspace): Workspace {
  return newer(cache.getQueryData<Workspace>(workspaceKey(answer.id)), answer);
}

function newer(old: Workspace | undefined, news: Workspace): Workspace {
  // Whole milliseconds: what follows in the string differs in length, not in meaning.
  return old && Date.parse(old.updatedAt) > Date.parse(news.updatedAt) ? old : news;
}
