import type { ChatMessage } from "@/features/chat/types";

/** Messages without the buttons of what waits for an answer: who only reads cannot give one. Others stay the same objects. */
export function withoutQuestions(messages: ChatMessage[]): ChatMessage[] {
  return messages.map((message) =>
    message.parts.some(asks) ? { ...message, parts: message.parts.map((part) => (asks(part) ? ({ ...part, approval: undefined } as typeof part) : part)) } : message,
  );
}

/** Whether somebody is asked in these messages at the moment. */
export function isAsking(messages: ChatMessage[]): boolean {
  return messages.at(-1)?.parts.some(asks) ?? false;
}

function asks(part: ChatMessage["parts"][number]): boolean {
  return "state" in part && part.state === "approval-requested";
}
