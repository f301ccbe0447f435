import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { useUpdateWorkspace } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { IdleSelect } from "./idle-select";
import { choiceOf, describe, sizeChoices, sizeOf } from "./size";

interface EditDialogProps {
  workspace: Workspace;
  onClose: () => void;
}

/** Name, size and idle time of a workspace that exists. */
export function EditDialog({ workspace, onClose }: EditDialogProps) {
  const { defaults } = useMe();
  const was = choiceOf(workspace, defaults);
  const [name, setName] = useState(workspace.name);
  const [size, setSize] = useState(was);
  const [idle, setIdle] = useState(workspace.idleTimeout);
  const update = useUpdateWorkspace(workspace.id);
  const problem = update.error instanceof Problem ? update.error : undefined;
  const choices = sizeChoices(defaults);
  if (was === "") choices.unshift({ value: "", title: t("As now"), detail: describe(workspace) });

  const submit = (e: FormEvent) => {
    e.preventDefault();
    // Only what was changed: somebody else may have changed the rest meanwhile.
    const body = {
      ...(name.trim() !== workspace.name && { name: name.trim() }),
      ...(size !== was && sizeOf(size, defaults)),
      ...(idle !== workspace.idleTimeout && { idleTimeout: idle }),
    };
    if (Object.keys(body).length === 0) return onClose();
    update.mutate(body, { onSuccess: onClose });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Rename and resize")}>
      <form onSubmit={submit} className="grid gap-5">
        {problem && !problem.field("name") && (
          <Notice variant="danger" live>
            {sentence(problem)}
          </Notice>
        )}
        <Field label={t("Name")} error={problem?.field("name")}>
          {(control) => <Input {...control} value={name} onChange={(e) => setName(e.target.value)} required maxLength={60} autoComplete="off" />}
        </Field>
        <ChoiceCards label={t("Size")} value={size} onChange={setSize} choices={choices} />
        {size !== was && workspace.status !== "STOPPED" && <Notice>{t("The new size counts from the next start.")}</Notice>}
        <IdleSelect value={idle} onChange={setIdle} />
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={update.isPending}>
            {t("Save")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
