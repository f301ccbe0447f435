import { expect, test } from "vitest";
import { filesOfTurns } from "./dropped-turns";
import type { ChatMessage, TurnState } from "./types";

const user = (id: string) => ({ id, role: "user", parts: [] }) as ChatMessage;
const answer = (id: string, checkpoint: string | undefined, files: number, state: TurnState = "done") =>
  ({
    id,
    role: "assistant",
    metadata: { state },
    parts: [
      ...(checkpoint === undefined ? [] : [{ type: "data-checkpoint", id: "before", data: { checkpoint } }]),
      ...(files ? [{ type: "data-diff", id: "turn", data: { files: Array.from({ length: files }, (_, n) => ({ path: `${n}` })) } }] : []),
    ],
  }) as unknown as ChatMessage;

const chat = [user("u1"), answer("a1", "c1", 1), user("u2"), answer("a2", "c2", 0), user("u3"), answer("a3", "c3", 2), user("u4"), answer("a4", undefined, 0)];

test.each([
  ["u1", "c1"],
  ["a1", "c1"],
  ["u2", "c2"], // the second changed nothing, the third did
  ["a3", "c3"],
  ["u4", undefined],
])("from %s on the files go back to %s", (from, want) => expect(filesOfTurns(chat, from)).toBe(want));

test.each([
  ["a turn that is done and changed nothing", answer("a", "c", 0), undefined],
  ["a turn that was cut off", answer("a", "c", 0, "interrupted"), "c"],
  ["a turn without a checkpoint to go back to", answer("a", "", 0, "failed"), undefined],
])("%s", (_, message, want) => expect(filesOfTurns([user("u"), message], "u")).toBe(want));
