import { useQuery } from "@tanstack/react-query";
import { sentence } from "@/api/problem";
import { unpushedQuery } from "@/api/queries/repository";
import type { UnpushedRepository, UnpushedWork, Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";
import { t, tr } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { commitsText, looseText } from "./unpushed-text";

/** What is in a workspace and nowhere else, asked anew when it is shown. */
export function useUnpushed(workspace: Workspace) {
  return useQuery({ ...unpushedQuery(workspace), staleTime: 0, refetchOnWindowFocus: false });
}

/** Tells it, and how sure that is. */
export function UnpushedSection({ workspace, unpushed }: { workspace: Workspace; unpushed: ReturnType<typeof useUnpushed> }) {
  const { data, error, isFetching, refetch } = unpushed;
  if (isFetching) {
    return (
      <p role="status" className="flex items-center gap-2.5 text-sm text-muted-foreground">
        <Spinner /> {t("Looking for work that was not pushed…")}
      </p>
    );
  }
  if (error) {
    return (
      <Notice variant="warning" live>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="min-w-0">{t("It could not be found out whether everything is pushed. {error}", { error: sentence(error) })}</span>
          <Button variant="outline" size="sm" onClick={() => void refetch()}>
            {t("Look again")}
          </Button>
        </div>
      </Notice>
    );
  }
  if (!data) return null;
  if (!data.live && !data.asOf) {
    return <Notice live>{t("Nobody has looked yet whether everything in {name} is pushed.", { name: workspace.name })}</Notice>;
  }
  return <Found work={data} />;
}

function Found({ work }: { work: UnpushedWork }) {
  const { repositories, found, truncated } = work;
  if (repositories.length === 0) {
    return (
      <p role="status" className="text-sm text-muted-foreground">
        {found === 0 ? t("There is no Git repository in it.") : t("Everything in its Git repositories is pushed.")}
        {truncated && ` ${t("Not all of it could be looked through.")}`}
        <AsOf work={work} />
      </p>
    );
  }
  return (
    <Notice variant="warning" live>
      <p className="font-medium">
        {t("This is not pushed anywhere:")}
        <AsOf work={work} />
      </p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <ul className="mt-1.5 grid max-h-56 gap-2 overflow-y-auto" tabIndex={repositories.length > 2 ? 0 : undefined} aria-label={t("Work that is not pushed")}>
        {repositories.map((repository) => (
          <Repository key={repository.folder} repository={repository} />
        ))}
      </ul>
      {truncated && <p className="mt-2">{t("There may be more: not all of it could be looked through.")}</p>}
    </Notice>
  );
}

function Repository({ repository }: { repository: UnpushedRepository }) {
  const { folder, branches, problem } = repository;
  const loose = looseText(repository);
  return (
    <li className="min-w-0">
      <p className="font-mono text-xs break-all">{folder || "/workspace"}</p>
      {problem && <p>{problem}</p>}
      {loose && <p>{loose}</p>}
      {branches.map((branch) => (
        <p key={branch.name} className="break-words">
          {commitsText(branch)} {branch.name ? tr("on {branch}", { branch: <bdi className="font-medium break-all">{branch.name}</bdi> }) : t("on no branch")}
        </p>
      ))}
    </li>
  );
}

/** When it was so, unless that is now. */
function AsOf({ work }: { work: UnpushedWork }) {
  const now = useNow();
  if (work.live || !work.asOf) return null;
  return (
    <>
      {" "}
      <span className="font-normal">
        {tr("(as of {when})", { when: <time dateTime={work.asOf} title={exact(work.asOf)}>{ago(work.asOf, now)}</time> })}
      </span>
    </>
  );
}
