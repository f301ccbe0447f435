import { type FormEvent, useState } from "react";
import { toast } from "@/lib/toast";
import { Problem } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { useUpdateWorkspace } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { describe, type Size, sizeChoices, sizeOf } from "@/features/workspace/size";
import { t } from "@/i18n/t";
import { SaveRow } from "./save-row";
import { coresText, gibText, readCores, readGib } from "./size-text";

/** How much memory and how many cores a workspace may use. */
export function SizeSection({ workspace }: { workspace: Workspace }) {
  const { defaults } = useMe();
  // What was not touched follows the workspace.
  const [memory, setMemory] = useState<string>();
  const [cpu, setCpu] = useState<string>();
  const [tried, setTried] = useState(false);
  const update = useUpdateWorkspace(workspace.id);
  const problem = update.error instanceof Problem ? update.error : undefined;
  const bytes = memory === undefined ? workspace.memory : readGib(memory);
  const nano = cpu === undefined ? workspace.cpu : readCores(cpu);
  const dirty = bytes !== workspace.memory || nano !== workspace.cpu;

  const take = (size: Size) => {
    setMemory(gibText(size.memory));
    setCpu(coresText(size.cpu));
    update.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!dirty || bytes === undefined || nano === undefined || update.isPending) return;
    update.mutate(
      { ...(bytes !== workspace.memory && { memory: bytes }), ...(nano !== workspace.cpu && { cpu: nano }) },
      {
        onSuccess: () => {
          setMemory(undefined);
          setCpu(undefined);
          setTried(false);
          toast.success(t("Saved"), workspace.status === "STOPPED" ? undefined : { description: t("The new size counts from the next start.") });
        },
      },
    );
  };
  return (
    <Section title={t("Size")} description={t("What it may use at most. A new size counts from the next start.")}>
      <form onSubmit={submit} noValidate className="grid gap-5">
        <div role="group" aria-label={t("Usual sizes")} className="flex flex-wrap gap-2">
          {sizeChoices(defaults).map(({ value, title }) => {
            const size = sizeOf(value, defaults);
            return (
              <Button key={value} variant="outline" size="sm" aria-pressed={bytes === size.memory && nano === size.cpu} onClick={() => take(size)} className="h-auto flex-wrap gap-x-2 gap-y-0 py-1.5 aria-pressed:border-primary aria-pressed:bg-primary/8">
                {title} <span className="font-normal text-muted-foreground">{describe(size)}</span>
              </Button>
            );
          })}
        </div>
        <div className="grid grid-cols-2 items-start gap-3">
          <Field label={t("Memory in GiB")} error={tried && bytes === undefined ? t("Enter a number, such as 2 or 0.5.") : problem?.field("memory")}>
            {(control) => <Input {...control} inputMode="decimal" value={memory ?? gibText(workspace.memory)} onChange={(e) => setMemory(e.target.value)} autoComplete="off" />}
          </Field>
          <Field label={t("CPUs")} error={tried && nano === undefined ? t("Enter a number, such as 2 or 0.5.") : problem?.field("cpu")}>
            {(control) => <Input {...control} inputMode="decimal" value={cpu ?? coresText(workspace.cpu)} onChange={(e) => setCpu(e.target.value)} autoComplete="off" />}
          </Field>
        </div>
        {dirty && workspace.status !== "STOPPED" && <Notice>{t("The new size counts from the next start.")}</Notice>}
        <SaveRow dirty={dirty} busy={update.isPending} error={problem && !problem.field("memory") && !problem.field("cpu") ? problem : undefined} />
      </form>
    </Section>
  );
}
