import type { Chat } from "./types";

export function chatTitle(chat: Chat | undefined): string {
  return chat?.title || "New chat";
}
