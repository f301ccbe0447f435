import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { GitCredential } from "@/api/types";
import { gitCredentialsQuery } from "@/api/queries/git-credentials";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow, Row, RowList } from "@/components/layout/row-list";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tr } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { GitCredentialDialog } from "./git-credentials-dialog";
import { RemoveGitCredentialDialog } from "./git-credentials-remove-dialog";

/** Where else than at GitHub the user's code is, and how Git signs in there. */
export function GitCredentialsSection() {
  const now = useNow();
  const credentials = useQuery(gitCredentialsQuery);
  /** What the dialog is about; null = another host. */
  const [editing, setEditing] = useState<GitCredential | null>();
  const [removing, setRemoving] = useState<GitCredential>();
  return (
    <Section
      anchor="git"
      title={t("Other Git hosts")}
      description={t("How Git signs in elsewhere. Kept encrypted, handed to Git for this host alone, and never written into a workspace.")}
      action={
        <Button variant="outline" size="sm" onClick={() => setEditing(null)}>
          <Plus aria-hidden /> {t("Add host")}
        </Button>
      }
    >
      {credentials.isPending && <Skeleton className="h-16" />}
      {credentials.isError && <LoadError error={credentials.error} onRetry={credentials.refetch} />}
      {credentials.data?.length === 0 && <EmptyRow>{t("No other hosts. Public repositories need none.")}</EmptyRow>}
      {credentials.data && credentials.data.length > 0 && (
        <RowList>
          {credentials.data.map((credential) => {
            const { host, username, createdAt, problem } = credential;
            return (
              <Row
                key={host}
                title={host}
                fullTitle={host}
                details={
                  <>
                    {username || t("token alone")} · {tr("added {when}", { when: <time dateTime={createdAt} title={exact(createdAt)}>{ago(createdAt, now)}</time> })}
                    {problem && <span className="block text-danger-text">{problem}</span>}
                  </>
                }
                action={
                  <span className="flex shrink-0 flex-wrap justify-end gap-2">
                    <Button variant="outline" size="sm" onClick={() => setEditing(credential)} aria-label={t("Replace the password for {host}", { host })}>
                      {t("Replace")}
                    </Button>
                    <Button variant="outline" size="sm" onClick={() => setRemoving(credential)} aria-label={t("Remove {host}", { host })}>
                      {t("Remove")}
                    </Button>
                  </span>
                }
              />
            );
          })}
        </RowList>
      )}
      {editing !== undefined && <GitCredentialDialog credential={editing} known={credentials.data ?? []} onClose={() => setEditing(undefined)} />}
      {removing && <RemoveGitCredentialDialog host={removing.host} onClose={() => setRemoving(undefined)} />}
    </Section>
  );
}
