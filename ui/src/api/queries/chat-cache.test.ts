import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { applyEvent } from "@/features/live/use-live-events";
import type { Chat } from "../types";
import { chatKey, chatsKey, putChat } from "./chat-cache";

const chat = (id: string, updatedAt: string, changes: Partial<Chat> = {}) => ({ id, workspaceId: "w", status: "idle", title: "", updatedAt, ...changes }) as Chat;
const [early, late] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];

test("events change the list and the open chat; older ones change nothing", () => {
  const cache = new QueryClient();
  const shown = () => cache.getQueryData<Chat[]>(chatsKey("w"));
  const a = chat("a", early);
  cache.setQueryData(chatsKey("w"), [a]);
  const running = chat("a", late, { status: "running", runId: "r" });
  applyEvent(cache, "chat", running);
  expect([shown(), cache.getQueryData(chatKey("a"))]).toEqual([[running], running]);
  applyEvent(cache, "chat", a);
  expect(shown()).toEqual([running]);
  const b = chat("b", late);
  applyEvent(cache, "chat", b);
  expect(shown()).toEqual([b, running]);
  for (const data of [undefined, 7, {}, { id: "b" }, { id: "b", workspaceId: "w" }]) applyEvent(cache, "chat", data);
  applyEvent(cache, "chat.deleted", { id: "a" });
  expect(shown()).toHaveLength(2);
  applyEvent(cache, "chat.deleted", { id: "a", workspaceId: "w" });
  expect(shown()).toEqual([b]);
});

test("a list that nobody loaded is not begun with one chat", () => {
  const cache = new QueryClient();
  putChat(cache, chat("a", early));
  expect(cache.getQueryData(chatsKey("w"))).toBeUndefined();
});
