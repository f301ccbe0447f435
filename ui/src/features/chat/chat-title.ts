import { t } from "@/i18n/t";
import type { Chat } from "./types";

export function chatTitle(chat: Chat | undefined): string {
  return chat?.title || t("New chat");
}
