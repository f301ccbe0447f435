import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { chatsQuery } from "@/api/queries/chats";

export interface ChatsState {
  running: boolean;
  waiting: boolean;
  /** Of all of them, in dollars; null when that of one is not known. */
  cost: number | null;
}

/** What a workspace's chats are up to, as far as its page tells without opening them. */
export function useChatsState(workspaceId: string, enabled: boolean): ChatsState {
  const { data = [] } = useQuery({ ...chatsQuery(workspaceId), enabled });
  return {
    running: data.some((c) => c.status === "running"),
    waiting: data.some((c) => c.waiting),
    cost: data.reduce<number | null>((sum, c) => (sum === null || c.cost === null ? null : sum + c.cost), 0),
  };
}

/** Marks the tab's icon while somebody is waited for. */
export function useWaitingIcon(waiting: boolean): void {
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (!icon || !waiting) return;
    const before = icon.href;
    icon.href = "/favicon-waiting.svg";
    return () => {
      icon.href = before;
    };
  }, [waiting]);
}
