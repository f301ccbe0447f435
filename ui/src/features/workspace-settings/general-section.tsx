import { type FormEvent, useState } from "react";
import { toast } from "@/lib/toast";
import { Problem } from "@/api/problem";
import { useUpdateWorkspace } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { Section } from "@/components/layout/section";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { IdleSelect } from "@/features/workspace/idle-select";
import { t } from "@/i18n/t";
import { SaveRow } from "./save-row";

/** What a workspace is called, and when it stops by itself. */
export function GeneralSection({ workspace }: { workspace: Workspace }) {
  // What was not touched follows the workspace: somebody else may change it meanwhile.
  const [name, setName] = useState<string>();
  const [idle, setIdle] = useState<number>();
  const update = useUpdateWorkspace(workspace.id);
  const inField = update.error instanceof Problem ? update.error.field("name") : undefined;
  const body = {
    ...(name !== undefined && name.trim() !== workspace.name && { name: name.trim() }),
    ...(idle !== undefined && idle !== workspace.idleTimeout && { idleTimeout: idle }),
  };
  const dirty = Object.keys(body).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!dirty || update.isPending) return;
    update.mutate(body, {
      onSuccess: () => {
        setName(undefined);
        setIdle(undefined);
        toast.success(t("Saved"));
      },
    });
  };
  return (
    <Section title={t("General")}>
      <form onSubmit={submit} className="grid gap-5">
        <Field label={t("Name")} error={inField}>
          {(control) => <Input {...control} value={name ?? workspace.name} onChange={(e) => setName(e.target.value)} required maxLength={60} autoComplete="off" />}
        </Field>
        <IdleSelect value={idle ?? workspace.idleTimeout} onChange={setIdle} />
        <SaveRow dirty={dirty} busy={update.isPending} error={update.isError && !inField ? update.error : undefined} />
      </form>
    </Section>
  );
}
