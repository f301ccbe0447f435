import { useQuery } from "@tanstack/react-query";
import { toast } from "@/lib/toast";
import { useSetWorkspaceRules, workspaceRulesQuery } from "@/api/queries/agent";
import { LoadError } from "@/components/layout/load-error";
import { Section } from "@/components/layout/section";
import { Skeleton } from "@/components/ui/skeleton";
import { RulesForm } from "@/features/chat/rules-form";
import { t } from "@/i18n/t";

/** What the agent may do in one workspace. */
export function AgentRulesSection({ workspaceId }: { workspaceId: string }) {
  const rules = useQuery(workspaceRulesQuery(workspaceId));
  const save = useSetWorkspaceRules(workspaceId);
  return (
    <Section title={t("Rules of the agent")} description={t("They come on top of your own rules in the settings. Answers “always” are kept here.")}>
      {rules.isPending && <Skeleton className="h-40" />}
      {rules.isError && <LoadError error={rules.error} onRetry={rules.refetch} />}
      {rules.data !== undefined && (
        <RulesForm key={rules.data} rules={rules.data} error={save.error} busy={save.isPending} onSave={(text) => save.mutate(text, { onSuccess: () => toast.success(t("Saved")) })} />
      )}
    </Section>
  );
}
