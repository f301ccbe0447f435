import { useMemo } from "react";
import type { Chat, Page, Workspace } from "@/api/types";
import { type ChatActions, ChatActionsContext } from "@/features/chat/chat-context";
import { MessageList } from "@/features/chat/message-list";
import { portAddress } from "@/features/chat/port-address";
import type { ChatMessage } from "@/features/chat/types";
import { useLiveChat } from "@/features/chat/use-live-chat";
import { may } from "@/features/sharing/rights";
import { t } from "@/i18n/t";
import { isAsking, withoutQuestions } from "./without-questions";

interface TranscriptProps {
  workspace: Workspace;
  chat: Chat;
  first: Page<ChatMessage>;
  onShow: (path: string, line?: number) => void;
}

const refuse = () => Promise.reject(new Error("a review changes nothing"));

/** One chat to read. What runs in it is followed as it is written. */
export function Transcript({ workspace, chat, first, onShow }: TranscriptProps) {
  const { live, messages, state } = useLiveChat(chat, first);
  const running = state.busy || (chat.status === "running" && !live.isOver(chat.runId));
  const { id, vscodeUrl } = workspace;
  const opensPorts = may(workspace, "use");
  const actions = useMemo<ChatActions>(
    () => ({
      workspaceId: id,
      chatId: chat.id,
      running,
      readOnly: true,
      openFile: onShow,
      openPort: opensPorts
        ? (port, path) => {
            const address = portAddress(vscodeUrl, port, path);
            if (address) window.open(address, "_blank", "noopener");
          }
        : undefined,
      answer: refuse,
      restore: refuse,
      checkpointDiff: refuse,
      stop: () => undefined,
      send: () => undefined,
    }),
    [id, chat.id, running, onShow, opensPorts, vscodeUrl],
  );
  const shown = useMemo(() => withoutQuestions(messages), [messages]);
  const onOlder = useMemo(() => (state.older ? () => live.loadOlder() : undefined), [live, state.older]);
  const empty = useMemo(() => <p className="text-muted-foreground">{t("Nothing was said in this chat yet.")}</p>, []);
  return (
    <ChatActionsContext value={actions}>
      <MessageList messages={shown} running={running} onOlder={onOlder} empty={empty} />
      <p role="status" className="shrink-0 border-t border-border px-4 py-2 text-xs text-muted-foreground">
        {running ? (isAsking(messages) ? t("The agent waits for an answer of somebody who may edit.") : (state.status?.text ?? t("The agent is at work."))) : t("You read along. Only who may edit can write here.")}
      </p>
    </ChatActionsContext>
  );
}
