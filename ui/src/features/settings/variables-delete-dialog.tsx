import { toast } from "sonner";
import type { Variable } from "@/api/types";
import { sentence } from "@/api/problem";
import { useDeleteVariable } from "@/api/queries/variables";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";

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
        toast.success(`${variable.name} was deleted`);
        onClose();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={variable.secret ? "Delete this secret?" : "Delete this variable?"}
      description={
        <>
          <code className="font-mono break-all text-foreground">{variable.name}</code> ({scope}) is no longer set when a workspace starts. Those that run keep it until then.
        </>
      }
      action="Delete"
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
