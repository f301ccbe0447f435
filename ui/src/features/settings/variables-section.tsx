import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Variable } from "@/api/types";
import { templatesQuery } from "@/api/queries/templates";
import { variablesQuery } from "@/api/queries/variables";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow, RowList } from "@/components/layout/row-list";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { DeleteVariableDialog } from "./variables-delete-dialog";
import { VariableDialog } from "./variables-dialog";
import { VariableRow } from "./variables-row";
import { scopeName } from "./variables-scope";

/** Environment variables and secrets of the user's workspaces. */
export function VariablesSection() {
  const variables = useQuery(variablesQuery);
  const templates = useQuery(templatesQuery);
  /** What the dialog is about; null = a new one. */
  const [editing, setEditing] = useState<Variable | null>();
  const [deleting, setDeleting] = useState<Variable>();
  const nameOf = (id: string) => scopeName(id, templates.data ?? []);
  return (
    <Section
      anchor="variables"
      title={t("Variables and secrets")}
      description={t("Set in your workspaces from their next start. Every process in a workspace can read them, and so can the commands the agent runs: give it only what it may use. They are kept encrypted.")}
      action={
        <Button variant="outline" size="sm" onClick={() => setEditing(null)}>
          <Plus aria-hidden /> {t("Add variable")}
        </Button>
      }
    >
      {variables.isPending && <Skeleton className="h-28" />}
      {variables.isError && <LoadError error={variables.error} onRetry={variables.refetch} />}
      {variables.data?.length === 0 && <EmptyRow>{t("No variables yet. Add one for an address, a setting, or a key your programs need.")}</EmptyRow>}
      {variables.data && variables.data.length > 0 && (
        <RowList>
          {variables.data.map((variable) => (
            <VariableRow
              key={`${variable.template}/${variable.name}`}
              variable={variable}
              scope={nameOf(variable.template)}
              onReplace={() => setEditing(variable)}
              onDelete={() => setDeleting(variable)}
            />
          ))}
        </RowList>
      )}
      {editing !== undefined && <VariableDialog variable={editing} known={variables.data ?? []} templates={templates.data ?? []} onClose={() => setEditing(undefined)} />}
      {deleting && <DeleteVariableDialog variable={deleting} scope={nameOf(deleting.template)} onClose={() => setDeleting(undefined)} />}
    </Section>
  );
}
