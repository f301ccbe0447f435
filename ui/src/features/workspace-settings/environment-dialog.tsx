import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { toast } from "@/lib/toast";
import { Problem, sentence } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { type Environment, templatesQuery, useSetEnvironment } from "@/api/queries/templates";
import type { Template, Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { NixField } from "@/features/new/nix-field";
import { useOrders } from "@/features/workspace/use-orders";
import { t } from "@/i18n/t";

interface EnvironmentDialogProps {
  workspace: Workspace;
  onClose: () => void;
}

/** What a workspace has its tools from: its template, and a Nix configuration of its own. */
export function EnvironmentDialog({ workspace, onClose }: EnvironmentDialogProps) {
  const { features } = useMe();
  const templates = useQuery(templatesQuery);
  const [template, setTemplate] = useState(workspace.template);
  const [renewed, setRenewed] = useState(false);
  const [nix, setNix] = useState(workspace.nixConfig);
  const [asking, setAsking] = useState(false);
  const set = useSetEnvironment(workspace.id);
  const { give } = useOrders(workspace);
  const form = useId();
  const problem = set.error instanceof Problem ? set.error : undefined;
  const nixProblems = problem?.about("nixConfig") ?? [];
  const running = workspace.status === "RUNNING";
  const newer = template === workspace.template ? newerVersion(workspace, templates.data) : undefined;
  const changes: Environment = {
    ...((template !== workspace.template || (renewed && newer)) && { template }),
    ...(nix !== workspace.nixConfig && { nixConfig: nix }),
  };
  const dirty = Object.keys(changes).length > 0;

  const save = (restart: boolean) => {
    if (!dirty) return onClose();
    set.mutate(changes, {
      onSuccess: () => {
        if (restart) give("restart");
        else toast.success(t("Saved"), { description: t("It counts from the next start.") });
        onClose();
      },
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!set.isPending) save(false);
  };
  const leave = () => (dirty && !asking ? setAsking(true) : onClose());
  return (
    <Dialog open onOpenChange={(open) => !open && leave()} variant="list" title={t("Environment")} description={t("The tools of this workspace. Changes count from its next start; its files stay as they are.")}>
      <form id={form} onSubmit={submit} className="grid grid-cols-1 gap-5">
        {set.isError && nixProblems.length === 0 && !problem?.field("template") && (
          <Notice variant="danger" live>
            {sentence(set.error)}
          </Notice>
        )}
        <Field
          label={t("Template")}
          hint={templates.isError ? t("The other templates could not be loaded. {why}", { why: sentence(templates.error) }) : hintOf(workspace, template)}
          error={problem?.field("template")}
        >
          {(control) => (
            <Select
              {...control}
              value={template}
              onChange={(event) => {
                setTemplate(event.target.value);
                setRenewed(false);
                set.reset();
              }}
            >
              {choices(workspace, templates.data ?? []).map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {newer !== undefined && (
          <Notice>
            <div className="flex flex-wrap items-center justify-between gap-3">
              <span>
                {renewed
                  ? t("It takes version {newer} at its next start.", { newer })
                  : t("It has version {version} of the template. There is version {newer}.", { version: workspace.templateVersion, newer })}
              </span>
              <Button variant="outline" size="sm" onClick={() => setRenewed(!renewed)}>
                {renewed ? t("Keep version {version}", { version: workspace.templateVersion }) : t("Take version {version}", { version: newer })}
              </Button>
            </div>
          </Notice>
        )}
        {features.nix || nix !== "" ? (
          <NixField
            value={nix}
            onChange={(text) => {
              setNix(text);
              set.reset();
            }}
            errors={nixProblems}
          />
        ) : (
          <p className="text-sm text-muted-foreground">{t("Nix configurations of one’s own are switched off on this server.")}</p>
        )}
        {!features.nix && workspace.nixConfig !== "" && <Notice variant="warning">{t("Nix configurations are switched off on this server: the workspace starts without this one.")}</Notice>}
        {asking && dirty && (
          <Notice variant="warning" live>
            <p>{t("What you changed is not saved.")}</p>
            <div className="mt-2.5 flex flex-wrap gap-2">
              <Button size="sm" variant="outline" onClick={() => setAsking(false)}>
                {t("Go on editing")}
              </Button>
              <Button size="sm" variant="danger" onClick={onClose}>
                {t("Discard it")}
              </Button>
            </div>
          </Notice>
        )}
        <DialogButtons>
          <Button variant="outline" onClick={leave}>
            {t("Cancel")}
          </Button>
          {running && (
            <Button variant="outline" disabled={!dirty} busy={set.isPending} onClick={() => save(true)}>
              {t("Save and restart")}
            </Button>
          )}
          <Button type="submit" disabled={!dirty} busy={set.isPending}>
            {t("Save")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}

/** The version a new workspace of the template would get, when it is after the one this workspace has. */
function newerVersion({ template, templateVersion }: Workspace, templates: Template[] | undefined): number | undefined {
  const known = templates?.find((one) => one.id === template);
  const newest = known && (known.publishedVersion || known.version);
  return newest && templateVersion > 0 && newest > templateVersion ? newest : undefined;
}

/** Ids and names; the workspace's own template is there whatever became of it. */
function choices({ template }: Workspace, templates: Template[]): [id: string, name: string][] {
  const known = templates.map((one): [string, string] => [one.id, one.name]);
  if (template === "") return [["", t("Guessed from the repository")], ...known];
  return known.some(([id]) => id === template) ? known : [[template, template], ...known];
}

function hintOf({ template }: Workspace, chosen: string): string {
  if (chosen === template) return t("Its packages, ports, tasks and extensions.");
  return t("Packages, ports, tasks and extensions are those of the new one. Its files and its set-up command are for new workspaces only.");
}
