import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { dropChat, putChat, refetchChats } from "@/api/queries/chat-cache";
import { meKey } from "@/api/queries/me";
import { putRepositoryEvent, refetchRepositories } from "@/api/queries/repository";
import { dropWorkspace, putWorkspace, workspacesKey } from "@/api/queries/workspace-cache";
import { heard } from "@/api/reachable";
import type { RepositoryEvent, Workspace } from "@/api/types";
import type { Chat } from "@/features/chat/types";
import { setConnection } from "./connection";
import { EventStream } from "./event-stream";

/** Patches what is on screen with what the server reports, for as long as it is mounted. */
export function useLiveEvents(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const stream = new EventStream({
      open: () => new EventSource("/api/v1/events"),
      onEvent: (name, data) => applyEvent(cache, name, data),
      onLive: () => refetch(cache),
      onChange: (connection) => {
        setConnection(connection);
        if (connection === "live") heard(true);
        // It may have ended because the login did: the call's 401 leads to the login page.
        if (connection === "lost") void cache.invalidateQueries({ queryKey: meKey });
      },
    });
    stream.start();
    return () => {
      stream.stop();
      setConnection("connecting");
    };
  }, [cache]);
}

export function applyEvent(cache: QueryClient, name: string, data: unknown): void {
  if (name === "reset") {
    refetch(cache);
  } else if (name === "workspace" && isWorkspace(data)) {
    putWorkspace(cache, data);
  } else if (name === "workspace.deleted" && hasId(data)) {
    dropWorkspace(cache, data.id);
  } else if (name === "chat" && isChat(data)) {
    putChat(cache, data);
  } else if (name === "chat.deleted" && isOfWorkspace(data)) {
    dropChat(cache, data);
  } else if (name === "repository" && isRepositoryNews(data)) {
    putRepositoryEvent(cache, data);
  }
}

function refetch(cache: QueryClient): void {
  void cache.invalidateQueries({ queryKey: workspacesKey });
  void cache.invalidateQueries({ queryKey: ["workspace"] });
  refetchChats(cache);
  refetchRepositories(cache);
}

function hasId(data: unknown): data is { id: string } {
  return typeof data === "object" && data !== null && "id" in data && typeof data.id === "string";
}

function isWorkspace(data: unknown): data is Workspace {
  return hasId(data) && "status" in data && "updatedAt" in data;
}

function isOfWorkspace(data: unknown): data is { id: string; workspaceId: string } {
  return hasId(data) && "workspaceId" in data && typeof data.workspaceId === "string";
}

function isChat(data: unknown): data is Chat {
  return isOfWorkspace(data) && "status" in data && "updatedAt" in data;
}

function isRepositoryNews(data: unknown): data is { workspaceId: string; event: RepositoryEvent } {
  return typeof data === "object" && data !== null && "workspaceId" in data && typeof data.workspaceId === "string" && "event" in data && hasId(data.event);
}
