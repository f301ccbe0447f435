import { Plus } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { t } from "@/i18n/t";
import { ChatCost } from "./chat-cost";
import { ChatMenu } from "./chat-menu";
import { ContextMeter } from "./context-meter";
import type { Chat, UsageData } from "./types";

interface ChatHeaderProps {
  workspaceId: string;
  chats: Chat[];
  chat: Chat | undefined;
  /** Of the turn that runs. */
  usage?: UsageData;
  onOpen: (id: string | undefined) => void;
}

/** Which chat it is, how full it is and what it cost. */
export function ChatHeader({ workspaceId, chats, chat, usage, onOpen }: ChatHeaderProps) {
  return (
    <div className="flex h-11 shrink-0 items-center gap-1 border-b border-border bg-surface px-2">
      <h2 className="flex min-w-0">
        <ChatMenu workspaceId={workspaceId} chats={chats} chat={chat} onOpen={onOpen} />
      </h2>
      <div className="ml-auto flex shrink-0 items-center gap-3">
        {chat && <ContextMeter used={usage?.contextTokens || chat.contextTokens} window={usage?.contextWindow || chat.contextWindow} />}
        {chat && <ChatCost chat={chat} usage={usage} />}
        <Tooltip text={t("New chat")}>
          <Button variant="ghost" size="icon-sm" aria-label={t("New chat")} disabled={!chat} onClick={() => onOpen(undefined)}>
            <Plus aria-hidden />
          </Button>
        </Tooltip>
      </div>
    </div>
  );
}
