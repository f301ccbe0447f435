import type { ReactNode } from "react";
import { TooltipProvider } from "@/components/ui/tooltip";
import { type ChatActions, ChatActionsContext } from "../chat-context";

/** For tests: a chat around parts of it. What they do goes to the given actions. */
export function Stage({ actions = {}, children }: { actions?: Partial<ChatActions>; children: ReactNode }) {
  return (
    <TooltipProvider>
      <ChatActionsContext value={{ ...nothing, ...actions }}>{children}</ChatActionsContext>
    </TooltipProvider>
  );
}

const refuse = () => Promise.reject(new Error("this test does not expect it"));
const nothing: ChatActions = {
  workspaceId: "abcdefghij12",
  chatId: "chat1",
  running: true,
  openFile: () => undefined,
  openPort: () => undefined,
  answer: refuse,
  restore: refuse,
  checkpointDiff: refuse,
  stop: () => undefined,
  send: () => undefined,
};
