import type { QueryClient } from "@tanstack/react-query";
import type { Chat } from "../types";

export const chatsKey = (workspaceId: string) => ["chats", workspaceId] as const;
export const chatKey = (id: string) => ["chat", id] as const;

/** Writes what the server said last about a chat into every view. Older news never overwrites newer. */
export function putChat(cache: QueryClient, news: Chat): void {
  cache.setQueryData<Chat>(chatKey(news.id), (old) => newer(old, news));
  cache.setQueryData<Chat[]>(chatsKey(news.workspaceId), (list) => {
    if (!list) return list;
    if (!list.some((c) => c.id === news.id)) return [news, ...list];
    return list.map((c) => (c.id === news.id ? newer(c, news) : c));
  });
}

/** Takes a chat that was deleted off the list. */
export function dropChat(cache: QueryClient, gone: { id: string; workspaceId: string }): void {
  cache.setQueryData<Chat[]>(chatsKey(gone.workspaceId), (list) => list?.filter((c) => c.id !== gone.id));
}

/** Asks again for whatever is shown of chats. */
export function refetchChats(cache: QueryClient): void {
  void cache.invalidateQueries({ queryKey: ["chats"] });
  void cache.invalidateQueries({ queryKey: ["chat"] });
}

function newer(old: Chat | undefined, news: Chat): Chat {
  return old && Date.parse(old.updatedAt) > Date.parse(news.updatedAt) ? old : news;
}
