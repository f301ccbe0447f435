import { expect, test } from "vitest";
import { turnBody } from "./transport";
import type { ChatMessage } from "./types";

const message = (id: string): ChatMessage => ({ id, role: "user", parts: [] });

test("only the last message goes to the server, and a default model is not named", () => {
  const turn = { id: "c", messages: [message("1"), message("2")], trigger: "submit-message" as const, messageId: undefined };
  expect(JSON.parse(JSON.stringify(turnBody(turn, { model: "", mode: "plan" })))).toEqual({ id: "c", messages: [message("2")], trigger: "submit-message", mode: "plan" });
  expect(turnBody({ ...turn, messageId: "2" }, { model: "m", mode: "ask" })).toMatchObject({ messageId: "2", model: "m" });
});
