import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useRetryClone } from "@/api/queries/repository";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";

/** Tries a failed clone again; the workspace itself says how that went. */
export function RetryClone({ workspace }: { workspace: Workspace }) {
  const retry = useRetryClone(workspace.id);
  const go = () =>
    retry.mutate(undefined, {
      onSuccess: () => toast.success(t("Cloning again"), { description: t("The files appear in the editor when it is done.") }),
      onError: (error) => toast.error(t("Could not clone again"), { description: sentence(error) }),
    });
  return (
    <Button variant="outline" size="sm" busy={retry.isPending} onClick={go}>
      {t("Try the clone again")}
    </Button>
  );
}
