import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { githubQuery } from "@/api/queries/github";
import { repositoryQuery } from "@/api/queries/repository";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow } from "@/components/layout/row-list";
import { CopyField } from "@/components/ui/copy-field";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tr } from "@/i18n/t";
import { badgeMarkdown } from "./badge";
import { EventList } from "./event-list";
import { repositoryName } from "./repository-name";
import { RetryClone } from "./retry-clone";
import { UnpushedSection, useUnpushed } from "./unpushed-section";
import { WebLink } from "./web-link";

interface RepositoryDialogProps {
  workspace: Workspace;
  onClose: () => void;
}

/** The repository of a workspace: what is not pushed, what happened there, and its badge. */
export function RepositoryDialog({ workspace, onClose }: RepositoryDialogProps) {
  const { id, githubRepo, branch, clone, status } = workspace;
  const repository = useQuery(repositoryQuery(id));
  const unpushed = useUnpushed(workspace);
  const name = repository.data?.fullName || repositoryName(githubRepo);
  const address = repository.data?.url || (githubRepo.includes("://") ? githubRepo : "");
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} variant="list" title={t("Repository")}>
      <div className="grid gap-1 text-sm">
        <p className="text-base font-medium break-all">
          <WebLink href={address}>{name}</WebLink>
        </p>
        <p className="text-muted-foreground">
          {branch ? tr("Made from the branch {branch}.", { branch: <bdi className="break-all text-foreground">{branch}</bdi> }) : t("Made from its default branch.")}
        </p>
      </div>
      {clone.state === "failed" && (
        <Notice variant="warning">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <span className="min-w-0 break-words">{clone.problem || t("It could not be cloned.")}</span>
            {status === "RUNNING" && <RetryClone workspace={workspace} />}
          </div>
        </Notice>
      )}
      <Part title={t("In this workspace")}>
        <UnpushedSection workspace={workspace} unpushed={unpushed} />
      </Part>
      <Part title={t("At the repository")}>
        {repository.isPending && <EventsSkeleton />}
        {repository.isError && <LoadError error={repository.error} onRetry={repository.refetch} />}
        {repository.data && (repository.data.events.length > 0 ? <EventList events={repository.data.events} /> : <NoEvents address={githubRepo.includes("://")} />)}
      </Part>
      <Part title={t("Badge")}>
        <p className="text-sm text-muted-foreground">{t("For the README: whoever follows it is asked whether to open the repository in Kalpana.")}</p>
        <CopyField label={t("Badge in Markdown")} value={badgeMarkdown(window.location.origin, repository.data?.fullName || githubRepo, branch)} />
      </Part>
    </Dialog>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid grid-cols-1 gap-2">
      <h3 id={id} className="text-sm font-semibold">
        {title}
      </h3>
      {children}
    </section>
  );
}

function NoEvents({ address }: { address: boolean }) {
  const github = useQuery(githubQuery);
  if (address) return <EmptyRow>{t("Pushes and pull requests are shown for repositories on GitHub.")}</EmptyRow>;
  if (github.data && !github.data.webhook) {
    return <EmptyRow>{t("Pushes and pull requests show here once an administrator has set up GitHub's webhook.")}</EmptyRow>;
  }
  return <EmptyRow>{t("Nothing yet. Pushes and pull requests show here as they happen, if the repository's webhook leads to this server.")}</EmptyRow>;
}

function EventsSkeleton() {
  return (
    <div role="status" className="grid gap-3 rounded-lg border border-border p-4">
      <span className="sr-only">{t("Loading events")}</span>
      <Skeleton className="h-5 w-64 max-w-full" />
      <Skeleton className="h-5 w-48" />
    </div>
  );
}
