import { CloudAlert, Folder, GitCommitHorizontal } from "lucide-react";
import { useFacts } from "@/api/queries/facts";
import type { Workspace } from "@/api/types";
import { CodeLine } from "@/features/repository/code-line";
import { UnpushedMark } from "@/features/repository/unpushed-mark";
import { may } from "@/features/sharing/rights";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { nowhereElse } from "./git-text";

/** What git says of a workspace while it runs; undefined when it does not, or there is none. */
export function useGit(workspace: Workspace) {
  const git = useFacts(workspace.id)?.git;
  return workspace.status === "RUNNING" && git ? git : undefined;
}

/** Repository and branch, the last commit, and what is only here. */
export function GitGlance({ workspace }: { workspace: Workspace }) {
  const git = useGit(workspace);
  const now = useNow();
  // The branch it is on now, not the one it was made with.
  const shown = git?.branch ? { ...workspace, branch: git.branch } : workspace;
  const only = git && nowhereElse(git);
  return (
    <>
      <CodeLine workspace={shown} />
      {git && !workspace.githubRepo && (
        <p className="flex min-w-0 items-center gap-1.5" title={git.folder}>
          <Folder aria-hidden className="size-4 shrink-0" />
          <span className="truncate">
            {git.folder} {git.branch && <bdi>· {git.branch}</bdi>}
          </span>
        </p>
      )}
      {git?.commit && (
        <p className="flex min-w-0 items-center gap-1.5" title={git.commit.time ? `${git.commit.subject}\n${exact(git.commit.time)}` : git.commit.subject}>
          <GitCommitHorizontal aria-hidden className="size-4 shrink-0" />
          <span className="truncate">
            <bdi>{git.commit.subject}</bdi>
          </span>
          {git.commit.time && (
            <time dateTime={git.commit.time} className="shrink-0">
              · {ago(git.commit.time, now)}
            </time>
          )}
        </p>
      )}
      {only && (
        <p className="flex items-center gap-1.5 text-notice-text">
          <CloudAlert aria-hidden className="size-4 shrink-0" /> {only}
        </p>
      )}
      {may(workspace, "edit") && <UnpushedMark workspace={workspace} />}
    </>
  );
}
