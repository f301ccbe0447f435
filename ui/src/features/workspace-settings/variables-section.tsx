import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { variablesQuery } from "@/api/queries/variables";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow } from "@/components/layout/row-list";
import { Section } from "@/components/layout/section";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";

/** The variables a workspace gets at its next start. They are set for many workspaces at once, in the settings. */
export function VariablesSection({ workspace }: { workspace: Workspace }) {
  const variables = useQuery(variablesQuery);
  // One of the template goes before one of the same name for all.
  const own = variables.data?.filter((v) => v.template !== "" && v.template === workspace.template) ?? [];
  const common = variables.data?.filter((v) => v.template === "" && !own.some((o) => o.name === v.name)) ?? [];
  const all = [...own, ...common].toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <Section
      title={t("Variables")}
      description={t("Those it gets at its next start. Every process in it can read them.")}
      action={
        <Button asChild variant="outline" size="sm">
          <Link to="/settings">{t("In the settings")}</Link>
        </Button>
      }
    >
      {variables.isPending && <Skeleton className="h-16" />}
      {variables.isError && <LoadError error={variables.error} onRetry={variables.refetch} />}
      {variables.data && all.length === 0 && <EmptyRow>{t("It gets no variables of yours.")}</EmptyRow>}
      {all.length > 0 && (
        <ul className="flex flex-wrap gap-x-4 gap-y-2">
          {all.map((variable) => (
            <li key={`${variable.template}/${variable.name}`} className="flex min-w-0 items-center gap-2 text-sm">
              <span className="min-w-0 truncate font-mono text-xs" title={variable.name}>
                {variable.name}
              </span>
              {variable.secret && <Badge>{t("Secret")}</Badge>}
              {variable.template !== "" && <Badge>{t("of the template")}</Badge>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
