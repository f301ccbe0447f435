import { useState } from "react";
import { toast } from "@/lib/toast";
import type { Definition, Finding, Template } from "@/api/types";
import { Problem } from "@/api/problem";
import { useUpdateTemplate } from "@/api/queries/templates";
import { LoadError } from "@/components/layout/load-error";
import { Section } from "@/components/layout/section";
import { Notice } from "@/components/ui/notice";
import { t, tn } from "@/i18n/t";
import { AboutFields } from "./about-fields";
import { DefinitionFields } from "./definition-fields";
import { errorsOf } from "./findings";
import { JsonView } from "./json-view";
import { LeaveGuard } from "./leave-guard";
import { ReleasePanel } from "./release-panel";
import { SaveBar } from "./save-bar";
import { TemplateHeader } from "./template-header";
import { useCheck } from "./use-check";
import { useDraft } from "./use-draft";
import { VersionsPanel } from "./versions-panel";
import { type View, ViewTabs } from "./view-tabs";

/** Edits a template of the user's own: change, save, try, publish. */
export function TemplateEditor({ template }: { template: Template }) {
  const edit = useDraft(template);
  const { draft, changes, dirty, revision } = edit;
  const [view, setView] = useState<View>("fields");
  const [broken, setBroken] = useState(false);
  const [left, setLeft] = useState(false);
  const update = useUpdateTemplate(template.id);
  const problem = update.error instanceof Problem ? update.error : undefined;
  const check = useCheck({ definition: draft.definition });
  const findings = [...check.findings, ...refusals(problem, check.findings)];
  const faults = errorsOf(findings).length;

  const changeDefinition = (part: Partial<Definition>) => {
    update.reset();
    edit.change({ definition: { ...draft.definition, ...part } });
  };
  const save = () =>
    update.mutate({ ...changes, base: template.version }, {
      onSuccess: (now) => {
        edit.saved(now, draft);
        toast.success(now.version > template.version ? t("Saved as version {version}", { version: now.version }) : t("Saved"));
      },
    });
  const discard = () => {
    update.reset();
    setBroken(false);
    edit.discard();
  };
  const load = (definition: Definition) => {
    update.reset();
    setBroken(false);
    edit.load(definition);
  };
  return (
    <>
      <TemplateHeader template={template} onDeleted={() => setLeft(true)} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[1fr_20rem]">
        <div className="grid min-w-0 grid-cols-1 gap-6">
          <Section title={t("About")}>
            <AboutFields
              draft={draft}
              errors={{ name: problem?.field("name"), description: problem?.field("description"), icon: problem?.field("icon") }}
              onChange={(part) => {
                update.reset();
                edit.change(part);
              }}
            />
          </Section>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <ViewTabs view={view} onChange={setView} locked={broken} />
            <p role="status" className="text-sm text-muted-foreground">
              {broken ? t("Not a definition yet") : check.checking ? t("Checking…") : faults > 0 ? tn("{n} problem found", "{n} problems found", faults) : check.error ? "" : t("No problems found")}
            </p>
          </div>
          {check.error && <LoadError error={check.error} onRetry={check.retry} />}
          {edit.outdated && <Notice variant="warning">{t("Version {version} was saved somewhere else meanwhile. If you save, yours becomes the newest one.", { version: template.version })}</Notice>}
          {view === "fields" ? (
            <DefinitionFields key={revision} definition={draft.definition} findings={findings} onChange={changeDefinition} />
          ) : (
            <JsonView
              key={revision}
              definition={draft.definition}
              findings={findings}
              onChange={(definition) => {
                setBroken(!definition);
                if (definition) changeDefinition(definition);
              }}
            />
          )}
          {(dirty || broken) && (
            <SaveBar
              blocked={broken ? t("The JSON is no definition yet.") : faults > 0 ? t("Mend what is marked first.") : undefined}
              busy={update.isPending}
              error={findings.length === 0 || !problem ? update.error : null}
              onSave={save}
              onDiscard={discard}
            />
          )}
        </div>
        <aside aria-label={t("Release")} className="grid min-w-0 grid-cols-1 gap-6 lg:sticky lg:top-20">
          <ReleasePanel template={template} dirty={dirty || broken} />
          <VersionsPanel template={template} dirty={dirty || broken} onRestore={load} />
        </aside>
      </div>
      <LeaveGuard dirty={(dirty || broken) && !left} />
    </>
  );
}

/** What a refused save said about the definition, in the shape of a check, unless the check said so. */
function refusals(problem: Problem | undefined, known: Finding[]): Finding[] {
  const said = (problem?.fields ?? []).filter(({ field }) => /^(body\.)?definition\b/.test(field));
  return said
    .map(({ field, message, line = 0, column = 0 }): Finding => ({ field, message, line, column, severity: "error" }))
    .filter((refusal) => !known.some((finding) => finding.message === refusal.message));
}
