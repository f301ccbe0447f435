import { useState } from "react";
import { toast } from "sonner";
import { sentence } from "@/api/problem";
import { useDeleteWorkspace } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { UnpushedSection, useUnpushed } from "@/features/repository/unpushed-section";
import { hasSomethingToLose } from "@/features/repository/unpushed-text";

interface DeleteDialogProps {
  workspace: Workspace;
  onClose: () => void;
  onDeleted?: () => void;
}

/** Wants the name typed: the files go for good. */
export function DeleteDialog({ workspace, onClose, onDeleted }: DeleteDialogProps) {
  const [typed, setTyped] = useState("");
  const unpushed = useUnpushed(workspace);
  const remove = useDeleteWorkspace(workspace.id);
  const confirm = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        toast.success(`${workspace.name} is being deleted`);
        onClose();
        onDeleted?.();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Delete this workspace?"
      description={
        <>
          All files in <strong className="font-medium break-words text-foreground">{workspace.name}</strong> are deleted for good.
        </>
      }
      action={unpushed.data && hasSomethingToLose(unpushed.data) ? "Delete anyway" : "Delete workspace"}
      blocked={typed.trim() !== workspace.name.trim()}
      busy={remove.isPending}
      onConfirm={confirm}
    >
      {remove.isError && (
        <Notice variant="danger" live>
          {sentence(remove.error)}
        </Notice>
      )}
      <UnpushedSection workspace={workspace} unpushed={unpushed} />
      <Field label="Type the workspace's name to confirm">
        {(control) => (
          <Input {...control} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" autoCapitalize="off" spellCheck={false} />
        )}
      </Field>
    </AlertDialog>
  );
}
