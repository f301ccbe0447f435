import { toast } from "@/lib/toast";
import type { Variable } from "@/api/types";
import { sentence } from "@/api/problem";
import { useDeleteVariable } from "@/api/queries/variables";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";

interface DeleteVariableDialogProps {
  variable: Variable;
  scope: string;
  onClose: () => void;
}

export function DeleteVariableDialog({ variable, scope, onClose }: DeleteVariableDialogProps) {
  const remove = useDeleteVariable();
  const confirm = () =>
    remove.mutate(variable, {
      onSuccess: () => {
        toast.success(t("{name} was deleted", { name: variable.name }));
        onClose();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={variable.secret ? t("Delete this secret?") : t("Delete this variable?")}
      description={
        <>
          {tr("{name} ({scope}) is no longer set when a workspace starts. Those that run keep it until then.", { name: <code className="font-mono break-all text-foreground">{variable.name}</code>, scope })}
        </>
      }
      action={t("Delete")}
      busy={remove.isPending}
      onConfirm={confirm}
    >
      {remove.isError && (
        <Notice variant="danger" live>
          {sentence(remove.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
