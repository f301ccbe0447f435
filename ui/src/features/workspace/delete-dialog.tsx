import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sentence } from "@/api/problem";
import { graceSeconds, useDeleteWorkspace } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { UnpushedSection, useUnpushed } from "@/features/repository/unpushed-section";
import { hasSomethingToLose } from "@/features/repository/unpushed-text";
import { t, tn, tr } from "@/i18n/t";
import { tellDeleted } from "./deletion";

interface DeleteDialogProps {
  workspace: Workspace;
  onClose: () => void;
  onDeleted?: () => void;
}

/** Wants the name typed: after a few seconds the files go for good. */
export function DeleteDialog({ workspace, onClose, onDeleted }: DeleteDialogProps) {
  const cache = useQueryClient();
  const [typed, setTyped] = useState("");
  const unpushed = useUnpushed(workspace);
  const remove = useDeleteWorkspace(workspace.id);
  const confirm = () =>
    remove.mutate(undefined, {
      onSuccess: (deletesAt) => {
        tellDeleted(cache, [{ id: workspace.id, name: workspace.name, deletesAt }]);
        onClose();
        onDeleted?.();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Delete this workspace?")}
      description={
        <>
          {tr("All files in {name} are deleted for good.", {
            name: (
              <strong className="font-medium break-words text-foreground">
                {workspace.name}
              </strong>
            ),
          })}{" "}
          {tn("You can take it back for {n} second.", "You can take it back for {n} seconds.", graceSeconds)}
        </>
      }
      action={unpushed.data && hasSomethingToLose(unpushed.data) ? t("Delete anyway") : t("Delete workspace")}
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
      <Field label={t("Type the workspace's name to confirm")}>
        {(control) => (
          <Input {...control} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" autoCapitalize="off" spellCheck={false} />
        )}
      </Field>
    </AlertDialog>
  );
}
