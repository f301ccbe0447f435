import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { templatesQuery } from "@/api/queries/templates";
import type { Workspace } from "@/api/types";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { t, tn } from "@/i18n/t";

// An editor for Nix comes with it.
const EnvironmentDialog = lazy(() => import("./environment-dialog").then((m) => ({ default: m.EnvironmentDialog })));

/** What a workspace has its tools from. */
export function EnvironmentSection({ workspace }: { workspace: Workspace }) {
  const templates = useQuery(templatesQuery);
  const [open, setOpen] = useState(false);
  const { template, templateVersion, nixConfig, packages, githubRepo, branch } = workspace;
  const name = templates.data?.find((known) => known.id === template)?.name ?? template;
  const lines = nixConfig.split("\n").length;
  return (
    <Section
      title={t("Environment")}
      description={t("The tools of this workspace. Changes count from its next start; its files stay as they are.")}
      action={
        <Button variant="outline" size="sm" onClick={() => setOpen(true)}>
          {t("Change…")}
        </Button>
      }
    >
      <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1.5 text-sm">
        <Fact name={t("Template")}>{template === "" ? t("Guessed from the repository") : templateVersion > 0 ? t("{name}, version {version}", { name, version: templateVersion }) : name}</Fact>
        {packages.length > 0 && <Fact name={t("Packages")}>{packages.join(", ")}</Fact>}
        <Fact name={t("Nix configuration")}>{nixConfig === "" ? t("none of its own") : tn("{n} line of its own", "{n} lines of its own", lines)}</Fact>
        {githubRepo && <Fact name={t("Repository")}>{branch ? t("{repository}, branch {branch}", { repository: githubRepo, branch }) : githubRepo}</Fact>}
      </dl>
      <Suspense fallback={null}>{open && <EnvironmentDialog workspace={workspace} onClose={() => setOpen(false)} />}</Suspense>
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <>
      <dt className="text-muted-foreground">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
