import { expect, test } from "vitest";
import { mergeNewest } from "./merge-messages";
import type { ChatMessage } from "./types";

const message = (id: string): ChatMessage => ({ id, role: "user", parts: [] });

const ids = (here: string[], newest: string[]) => {
  const { messages, joined } = mergeNewest(here.map(message), newest.map(message));
  return [messages.map((m) => m.id).join(""), joined];
};
test.each([
  [["a", "b", "c"], ["b", "c", "d"], "abcd", true],
  [["a", "b", "c", "d"], ["b"], "ab", true], // the end was taken back
  [["a", "b"], ["x", "y"], "xy", false],
  [["a"], [], "", false],
  [[], ["a"], "a", false],
])("%s with %s is %s", (here, newest, all, joined) => expect(ids(here, newest)).toEqual([all, joined]));
