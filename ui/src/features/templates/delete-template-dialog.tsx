import { toast } from "sonner";
import type { Template } from "@/api/types";
import { sentence } from "@/api/problem";
import { useDeleteTemplate } from "@/api/queries/templates";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";

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
        toast.success(`${template.name} was deleted`);
        onClose();
        onDeleted?.();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Delete this template?"
      description={
        <>
          <strong className="font-medium break-words text-foreground">{template.name}</strong> and all its versions are gone from the catalogue
          {template.shared && ", for everybody"}. Workspaces made from it stay as they are.
        </>
      }
      action="Delete template"
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
