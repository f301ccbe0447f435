import { useCallback, useState } from "react";
import type { Chat } from "./types";

const key = (workspaceId: string) => `kalpana-chat:${workspaceId}`;
/** Kept in place of an id: the user wants to begin a new chat. */
const none = "new";

/**
 * Which chat of a workspace this tab shows, also after a reload: the one chosen here if
 * there still is one, else one that runs, else the newest.
 */
export function useChosenChat(workspaceId: string, chats: Chat[]): [string | undefined, (id: string | undefined) => void] {
  // Decided once: a chat begun elsewhere must not take the place of the one being read.
  const [chosen, setChosen] = useState(() => pickChat(chats, read(workspaceId)) ?? none);
  const choose = useCallback(
    (id: string | undefined) => {
      setChosen(id ?? none);
      write(workspaceId, id ?? none);
    },
    [workspaceId],
  );
  return [pickChat(chats, chosen), choose];
}

export function pickChat(chats: Chat[], chosen: string | undefined): string | undefined {
  if (chosen === none) return undefined;
  const found = chats.find((c) => c.id === chosen) ?? chats.find((c) => c.status === "running") ?? chats[0];
  return found?.id;
}

function read(workspaceId: string): string | undefined {
  try {
    return sessionStorage.getItem(key(workspaceId)) ?? undefined;
  } catch {
    return undefined; // storage is blocked
  }
}

function write(workspaceId: string, id: string): void {
  try {
    sessionStorage.setItem(key(workspaceId), id);
  } catch {
    // Storage is blocked: it lasts as long as the page.
  }
}
