import { createContext, useContext } from "react";
import type { Answer, CheckpointDiff, RestoreResult } from "./types";

/** What the parts of a chat may do. One object for a chat and a running state. */
export interface ChatActions {
  workspaceId: string;
  chatId: string;
  /** A turn runs. */
  running: boolean;
  /** The chat is only read: files open on the page, not in VS Code. */
  readOnly?: boolean;
  /** Shows it in VS Code beside, or says why it cannot. */
  openFile(path: string, line?: number, column?: number): void;
  /** Ports open in the preview beside; else in a tab of their own. */
  opensBeside?: boolean;
  /** Shows what listens there; absent for who may not. */
  openPort?(port: number, path?: string): void;
  /** Rejects with a Problem; 409 means that it was answered elsewhere or too late. */
  answer(approvalId: string, answer: Answer): Promise<void>;
  restore(checkpoint: string, what: { files: boolean; chat: boolean }): Promise<RestoreResult>;
  checkpointDiff(checkpoint: string): Promise<CheckpointDiff>;
  stop(): void;
  send(text: string): void;
}

export const ChatActionsContext = createContext<ChatActions | null>(null);

export function useChatActions(): ChatActions {
  const actions = useContext(ChatActionsContext);
  if (!actions) throw new Error("this part of a chat stands outside a chat");
  return actions;
}

export { useTerminal } from "./terminal-store";
