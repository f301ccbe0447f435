import { Plus } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { usd } from "./amounts";
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
        {chat && <Cost chat={chat} usage={usage} />}
        <Tooltip text="New chat">
          <Button variant="ghost" size="icon-sm" aria-label="New chat" disabled={!chat} onClick={() => onOpen(undefined)}>
            <Plus aria-hidden />
          </Button>
        </Tooltip>
      </div>
    </div>
  );
}

/** While a turn runs what it cost so far and may cost; else the whole chat. */
function Cost({ chat, usage }: { chat: Chat; usage?: UsageData }) {
  const all = Math.max(chat.cost, usage?.chatCost ?? 0);
  if (!usage && all <= 0) return null;
  const turn = usage && `${usd(usage.cost)}${usage.turnBudget > 0 ? ` of ${usd(usage.turnBudget)}` : ""}`;
  return (
    <span title={turn ? `This turn: ${turn}. The whole chat: ${usd(all)}.` : `What this chat cost: ${usd(all)}.`} className="text-xs text-muted-foreground tabular-nums">
      {turn ?? usd(all)}
      {usage?.estimated && <span title="Estimated: the provider did not say."> ?</span>}
    </span>
  );
}
