import { useChat } from "@ai-sdk/react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { chatKey } from "@/api/queries/chat-cache";
import type { Page } from "@/api/types";
import type { Chat, ChatMessage } from "./types";
import { LiveChat } from "./live-chat";

/** How often messages are drawn while they stream, in milliseconds. */
const drawMs = 50;

/** Opens a chat for as long as its component is mounted, and follows what runs in it. */
export function useLiveChat(chat: Chat, first: Page<ChatMessage>) {
  const cache = useQueryClient();
  const [live] = useState(
    () =>
      new LiveChat({
        id: chat.id,
        first,
        settings: () => cache.getQueryData<Chat>(chatKey(chat.id)) ?? chat,
        onEnd: () => void cache.invalidateQueries({ queryKey: chatKey(chat.id) }),
      }),
  );
  useEffect(() => {
    live.open();
    return () => live.close();
  }, [live]);
  const state = useSyncExternalStore(live.subscribe, live.snapshot);
  const { messages } = useChat<ChatMessage>({ chat: live.store, throttle: drawMs });
  // Begun in another tab, before a reload, or while this one had no connection.
  const { status, runId } = chat;
  useEffect(() => {
    if (status === "running" && !state.busy) void live.follow(runId);
  }, [live, status, runId, state.busy]);
  return { live, messages, state };
}
