import { cost, costUnknown, usd } from "./amounts";
import type { Chat, UsageData } from "./types";

interface ChatCostProps {
  chat: Chat;
  /** Of the turn that runs. */
  usage?: UsageData;
}

/** While a turn runs what it cost so far and may cost; else the whole chat. */
export function ChatCost({ chat, usage }: ChatCostProps) {
  const all = chat.cost === null || usage?.chatCost === null ? null : Math.max(chat.cost, usage?.chatCost ?? 0);
  if (!usage && all === 0) return null;
  const turn = usage && `${cost(usage.cost)}${usage.cost !== null && usage.turnBudget > 0 ? ` of ${usd(usage.turnBudget)}` : ""}`;
  const why = all === null ? ` ${costUnknown}` : "";
  return (
    <span title={`${turn ? `This turn: ${turn}. The whole chat: ${cost(all)}.` : `What this chat cost: ${cost(all)}.`}${why}`} className="text-xs text-muted-foreground tabular-nums">
      {turn ?? cost(all)}
      {usage?.estimated && usage.cost !== null && <span title="Estimated: the provider did not say."> ?</span>}
    </span>
  );
}
