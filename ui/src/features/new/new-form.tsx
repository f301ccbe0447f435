import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { githubQuery, repositoryDetailsQuery } from "@/api/queries/github";
import { useMe } from "@/api/queries/me";
import { templatesQuery } from "@/api/queries/templates";
import { useCreateWorkspace, workspacesQuery } from "@/api/queries/workspaces";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { msg, t, tn, tr } from "@/i18n/t";
import { suggestName } from "@/lib/names";
import { isMissing } from "./chosen-repository";
import { connectError as connectSentence } from "./github-errors";
import { guessText } from "./guess-text";
import { MoreOptions, type Options } from "./more-options";
import { nameFor, readAddress } from "./repo-address";
import type { Place } from "./repository-search";
import { requestOf } from "./request";
import { SourcePicker } from "./source-picker";
import { TemplatePicker } from "./template-picker";

/** What a link may ask for. */
export interface LinkRequest {
  repo?: string;
  branch?: string;
  template?: string;
}

interface NewFormProps {
  link: LinkRequest;
  /** A code, when somebody comes back from GitHub without success. */
  connectError: string | undefined;
}

export function NewForm({ link, connectError }: NewFormProps) {
  const { defaults, limits } = useMe();
  const navigate = useNavigate();
  const create = useCreateWorkspace();
  const [key] = useState(() => crypto.randomUUID());
  const github = useQuery(githubQuery);
  const templates = useQuery(templatesQuery);
  const workspaces = useQuery(workspacesQuery);
  const taken = useMemo(() => workspaces.data?.map((w) => w.name) ?? [], [workspaces.data]);

  // undefined = as the link has it; null = none.
  const [chosen, setChosen] = useState<Place | null>();
  const [typedBranch, setBranch] = useState<string>();
  const [chosenTemplate, setTemplate] = useState<string>();
  const [typedName, setName] = useState<string>();
  const [options, setOptions] = useState<Options>({ size: "1", idle: defaults.idleTimeout, nix: "", shallow: false, submodules: true, lfs: true });
  const friendly = useRef<string>(undefined);
  friendly.current ??= workspaces.data && suggestName(taken);
  const alert = useRef<HTMLDivElement>(null);

  const asked = useMemo(() => (link.repo && github.data ? readAddress(link.repo, github.data.url) : undefined), [link.repo, github.data]);
  const askedPlace = asked?.kind === "github" || asked?.kind === "git" ? asked : undefined;
  const place = chosen === undefined ? askedPlace : (chosen ?? undefined);
  const branch = typedBranch ?? (chosen === undefined ? (link.branch ?? askedPlace?.branch ?? "") : "");
  const wrong = chosen === undefined && asked && !askedPlace ? { typed: link.repo ?? "", why: asked.kind === "refused" ? asked.why : t(noAddress) } : undefined;

  const onGitHub = place?.kind === "github" ? place.fullName : "";
  const connected = github.data?.connected === true && github.data.problem === "";
  const lookedAt = useQuery({ ...repositoryDetailsQuery(onGitHub), enabled: onGitHub !== "" && connected });
  const details = onGitHub && connected ? lookedAt.data : undefined;
  const trouble = onGitHub && connected ? lookedAt.error : null;

  const unknownTemplate = link.template && templates.data && !templates.data.some((one) => one.id === link.template) ? link.template : undefined;
  const template = chosenTemplate ?? (unknownTemplate ? "" : (link.template ?? ""));
  const repo = place && (details?.fullName ?? (place.kind === "github" ? place.fullName : place.url));
  const name = typedName ?? (repo ? nameFor(repo, taken) : (friendly.current ?? ""));
  const full = workspaces.data !== undefined && workspaces.data.length >= limits.maxWorkspaces;
  const problem = create.error instanceof Problem ? create.error : undefined;
  // They are about the text that was sent; once it is changed they say nothing any more.
  const sentNix = create.variables?.nixConfig === options.nix;
  const nixErrors = useMemo(() => (sentNix ? (problem?.about("nixConfig") ?? []) : []), [sentNix, problem]);
  const inPlace = problem?.field("name") !== undefined || problem?.field("nixConfig") !== undefined;
  // Not yet known what the link asks for: it must not be left out.
  const waiting = Boolean(link.repo) && !github.data;

  const choose = (next: Place | undefined) => {
    setChosen(next ?? null);
    setBranch(next?.branch);
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (create.isPending) return;
    const body = requestOf({ name, repo, branch, template, options, defaults });
    create.mutate(
      { key, ...body },
      {
        onSuccess: (made) => navigate({ to: "/w/$id", params: { id: made.id } }),
        onError: () => requestAnimationFrame(() => alert.current?.scrollIntoView({ block: "nearest" })),
      },
    );
  };
  const back = `/new${searchOf({ repo, branch, template })}`;
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-6">
      {connectError && (
        <Notice variant="danger" live>
          {connectSentence(connectError)}
        </Notice>
      )}
      {askedPlace && chosen === undefined && (
        <Notice>
          {t("A link brought you here and filled this in. Nothing is made until you press Create. What is in a repository can run programs in the workspace: go on only if you trust it.")}
        </Notice>
      )}
      {full && (
        <Notice variant="warning">
          {tr("You have {workspaces}, as many as you may. {link} to make room.", {
            workspaces: tn("{n} workspace", "{n} workspaces", limits.maxWorkspaces),
            link: <Link to="/" className="font-medium underline underline-offset-2">{t("Delete one you no longer need")}</Link>,
          })}
        </Notice>
      )}
      <Card className="grid grid-cols-1 gap-7 p-5 sm:p-6">
        <SourcePicker place={place} details={details} error={trouble} branch={branch} onPlace={choose} onBranch={setBranch} wrong={wrong} moved={chosen !== undefined} back={back} />
        <div className="grid grid-cols-1 gap-3">
          {unknownTemplate && chosenTemplate === undefined && (
            <Notice variant="warning" live>
              {t("The link asks for the template “{name}”. There is none, or it is not shared with you.", { name: unknownTemplate })}
            </Notice>
          )}
          <TemplatePicker
            templates={templates.data}
            error={templates.error}
            onRetry={() => void templates.refetch()}
            value={template}
            onChange={setTemplate}
            guess={guessText({ place, details, looking: onGitHub !== "" && connected && lookedAt.isPending, templates: templates.data })}
          />
        </div>
        <Field label={t("Name")} error={problem?.field("name")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(e) => setName(e.target.value)}
              onFocus={(e) => e.target.select()}
              required
              maxLength={60}
              autoComplete="off"
              spellCheck={false}
              className="sm:max-w-80"
            />
          )}
        </Field>
        <MoreOptions value={options} onChange={setOptions} clones={place !== undefined} nixErrors={nixErrors} />
      </Card>
      <div ref={alert} className="grid gap-4">
        {create.isError && (
          <Notice variant="danger" live>
            {inPlace ? t("The workspace was not created. Look at what is marked above.") : sentence(create.error)}
          </Notice>
        )}
        {isMissing(trouble) && <p className="text-right text-sm text-muted-foreground">{t("Choose another repository, or none, to go on.")}</p>}
        <div className="flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <Button asChild variant="outline">
            <Link to="/">{t("Cancel")}</Link>
          </Button>
          <Button type="submit" busy={create.isPending} disabled={full || isMissing(trouble) || waiting}>
            {t("Create and start")}
          </Button>
        </div>
      </div>
    </form>
  );
}

const noAddress = msg("The link asks for this, which is no address of a repository. One looks like owner/name or https://git.example.com/group/name.");

/** The query that brings this form back as it is. */
function searchOf(request: LinkRequest): string {
  const pairs = Object.entries(request).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "";
}
