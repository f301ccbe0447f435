import { toast } from "@/lib/toast";
import { useUpdateAgent } from "@/api/queries/agent";
import { RulesForm } from "@/features/chat/rules-form";
import { t } from "@/i18n/t";

/** The user's rules for every workspace. */
export function AgentRules({ rules }: { rules: string }) {
  const update = useUpdateAgent();
  return (
    <RulesForm
      key={rules}
      rules={rules}
      error={update.error ?? undefined}
      busy={update.isPending}
      onSave={(text) => update.mutate({ rules: text }, { onSuccess: () => toast.success(t("Rules saved")) })}
    />
  );
}
