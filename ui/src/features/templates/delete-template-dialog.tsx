import { toast } from "@/lib/toast";
import type { Template } from "@/api/types";
import { sentence } from "@/api/problem";
import { useDeleteTemplate } from "@/api/queries/templates";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { msg, t, tr } from "@/i18n/t";

interface DeleteTemplateDialogProps {
  template: Template;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteTemplateDialog({ template, onClose, onDeleted }: DeleteTemplateDialogProps) {
  const remove = useDeleteTemplate(template.id);
  const confirm = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        toast.success(t("{name} was deleted", { name: template.name }));
        onClose();
        onDeleted?.();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Delete this template?")}
      description={
        <>
          {tr(
            template.shared
              ? msg("{name} and all its versions are gone from the catalogue, for everybody. Workspaces made from it stay as they are.")
              : msg("{name} and all its versions are gone from the catalogue. Workspaces made from it stay as they are."),
            { name: <strong className="font-medium break-words text-foreground">{template.name}</strong> },
          )}
        </>
      }
      action={t("Delete template")}
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
