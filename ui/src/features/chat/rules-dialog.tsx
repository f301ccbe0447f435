import { useQuery } from "@tanstack/react-query";
import { useSetWorkspaceRules, workspaceRulesQuery } from "@/api/queries/agent";
import { LoadError } from "@/components/layout/load-error";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { RulesForm } from "./rules-form";

/** What the agent may do in one workspace; "always" answers of approvals are kept here too. */
export function RulesDialog({ workspaceId, onClose }: { workspaceId: string; onClose: () => void }) {
  const rules = useQuery(workspaceRulesQuery(workspaceId));
  const save = useSetWorkspaceRules(workspaceId);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Rules of this workspace")}
      description={t("They come on top of your own rules in the settings. Answers “always” are kept here.")}
    >
      {rules.isPending && <Skeleton className="h-40" />}
      {rules.isError && <LoadError error={rules.error} onRetry={rules.refetch} />}
      {rules.data !== undefined && (
        <RulesForm rules={rules.data} error={save.error} busy={save.isPending} onSave={(text) => save.mutate(text, { onSuccess: onClose })} />
      )}
    </Dialog>
  );
}
