import { t } from "@/i18n/t";
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
  const spent = usage && cost(usage.cost);
  const turn = spent && usage.cost !== null && usage.turnBudget > 0 ? t("{spent} of {budget}", { spent, budget: usd(usage.turnBudget) }) : spent;
  const why = all === null ? ` ${t(costUnknown)}` : "";
  return (
    <span title={`${turn ? t("This turn: {turn}. The whole chat: {all}.", { turn, all: cost(all) }) : t("What this chat cost: {all}.", { all: cost(all) })}${why}`} className="text-xs text-muted-foreground tabular-nums">
      {turn ?? cost(all)}
      {usage?.estimated && usage.cost !== null && <span title={t("Estimated: the provider did not say.")}> ?</span>}
    </span>
  );
}
