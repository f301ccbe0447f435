import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { agentQuery } from "@/api/queries/agent";
import { cost, usd } from "@/features/chat/amounts";
import { t } from "@/i18n/t";

interface AgentCostProps {
  /** Of all chats of the workspace so far, in dollars; null when a provider did not tell. */
  chats: number | null;
  /** A turn runs: at its end there is another figure. */
  running: boolean;
}

/** What the agent cost its user today. Silent while that is nothing. */
export function AgentCost({ chats, running }: AgentCostProps) {
  const cache = useQueryClient();
  const { data } = useQuery(agentQuery);
  const ran = useRef(running);
  useEffect(() => {
    if (ran.current && !running) void cache.invalidateQueries({ queryKey: agentQuery.queryKey });
    ran.current = running;
  }, [running, cache]);
  const today = data?.spent?.day ?? 0;
  if (today <= 0 && chats === 0) return null;
  const why = `${t("Your agent today, in all workspaces (UTC): {cost}.", { cost: usd(today) })} ${t("The chats of this workspace so far: {cost}.", { cost: cost(chats) })}`;
  return (
    <span title={why} className="px-1 text-xs text-muted-foreground tabular-nums max-lg:hidden">
      {t("{cost} today", { cost: usd(today) })}
      <span className="sr-only"> {why}</span>
    </span>
  );
}
