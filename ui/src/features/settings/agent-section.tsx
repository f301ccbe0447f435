import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { agentQuery } from "@/api/queries/agent";
import type { AgentSettings } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Section } from "@/components/layout/section";
import { Skeleton } from "@/components/ui/skeleton";
import { usd } from "@/features/chat/amounts";
import { msg, t, tr } from "@/i18n/t";
import { AgentDefaults } from "./agent-defaults";
import { AgentKey } from "./agent-key";
import { AgentRules } from "./agent-rules";

/** The agent: the key it uses, what a new chat begins with, and what it may do. */
export function AgentSection() {
  const agent = useQuery(agentQuery);
  const here = useRef<HTMLDivElement>(null);
  const loaded = agent.data !== undefined;
  useEffect(() => {
    // The chat links to it; it is complete only now.
    if (loaded && window.location.hash === "#agent") here.current?.scrollIntoView();
  }, [loaded]);
  return (
    <div ref={here} id="agent" className="scroll-mt-20 outline-none">
      <Section title={t("Agent")} description={t("It works in your workspaces when you ask it in a chat.")}>
        {agent.isPending && <Skeleton className="h-40" />}
        {agent.isError && <LoadError error={agent.error} onRetry={agent.refetch} />}
        {agent.data && <Parts agent={agent.data} />}
      </Section>
    </div>
  );
}

function Parts({ agent }: { agent: AgentSettings }) {
  const { budgets, spent } = agent;
  return (
    <div className="grid max-w-xl gap-8">
      <p className="text-sm text-muted-foreground">
        {tr(budgets.day > 0 ? msg("Spent today: {spent} of {budget}.") : msg("Spent today: {spent}."), {
          spent: <strong className="font-medium text-foreground tabular-nums">{usd(spent.day)}</strong>,
          budget: usd(budgets.day),
        })}{" "}
        {budgets.turn > 0 && t("A turn may cost up to {budget}.", { budget: usd(budgets.turn) })}
      </p>
      <AgentKey agent={agent} />
      <AgentDefaults agent={agent} />
      <AgentRules rules={agent.rules} />
    </div>
  );
}
