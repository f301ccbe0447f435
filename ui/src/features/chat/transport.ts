import { type ChatTransport, DefaultChatTransport } from "ai";
import { request } from "@/api/client";
import { problemOf } from "@/api/problem";
import type { ChatMessage, ChatMode } from "./types";

export interface TurnSettings {
  /** "" = the default. */
  model: string;
  mode: ChatMode;
}

interface Turn {
  id: string;
  messages: ChatMessage[];
  trigger: "submit-message" | "regenerate-message";
  messageId: string | undefined;
}

/** What starts a turn. The server has the history; only the last message is news to it. */
export function turnBody({ id, messages, trigger, messageId }: Turn, { model, mode }: TurnSettings) {
  return { id, messages: messages.slice(-1), trigger, messageId, model: model || undefined, mode };
}

export interface TransportOptions {
  settings: () => TurnSettings;
  /** The server took the turn, or sends the one that runs: what follows is its stream. */
  onAccepted: () => void;
  /** Asked for the running turn, the server said that none runs. */
  onNothing: () => void;
}

/**
 * Chats on our API. A refusal is a Problem with a sentence, as with every other call; a
 * stream that breaks is the browser's own error.
 */
export function chatTransport({ settings, onAccepted, onNothing }: TransportOptions): ChatTransport<ChatMessage> {
  return new DefaultChatTransport<ChatMessage>({
    api: "/api/v1/chats",
    // Asks for what version 7 of the client understands and version 6 does not.
    headers: { "x-kalpana-ui": "7" },
    prepareSendMessagesRequest: (turn) => ({ body: turnBody(turn, settings()) }),
    fetch: async (url, init) => {
      const response = await request(String(url), init ?? {});
      if (!response.ok) throw await problemOf(response);
      if (response.status === 204) onNothing();
      else onAccepted();
      return response;
    },
  });
}
