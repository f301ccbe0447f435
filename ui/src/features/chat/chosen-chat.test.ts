import { expect, test } from "vitest";
import { pickChat } from "./chosen-chat";
import type { Chat } from "./types";

test("a tab shows the chat it chose, else one that runs, else the newest", () => {
  const chats = [{ id: "a", status: "idle" }, { id: "b", status: "running" }] as Chat[];
  expect([pickChat(chats, "a"), pickChat(chats, undefined), pickChat(chats, "gone"), pickChat(chats, "new"), pickChat([], undefined), pickChat(chats.slice(0, 1), undefined)]).toEqual([
    "a", "b", "b", undefined, undefined, "a",
  ]);
});
