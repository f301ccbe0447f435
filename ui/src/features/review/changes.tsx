import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { reviewDiffQuery } from "@/api/queries/review";
import type { Review, ReviewChange, Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow } from "@/components/layout/row-list";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { Counts } from "@/features/chat/cards/diff/counts";
import { DiffView } from "@/features/chat/cards/diff/diff-view";
import { visible } from "@/features/chat/cards/visible";
import { msg, t, tn } from "@/i18n/t";
import { cn } from "@/lib/cn";

interface ChangesProps {
  workspace: Workspace;
  review: Review;
  onShow: (path: string) => void;
}

/** What differs from the last commit, file by file. */
export function Changes({ workspace, review, onShow }: ChangesProps) {
  const { changes, branch, truncated } = review;
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(changes.length <= 3 ? changes.map((c) => c.path) : []));
  const toggle = (path: string) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(path)) next.add(path);
      return next;
    });
  return (
    <div className="size-full overflow-y-auto p-4">
      <p className="mb-3 text-sm text-muted-foreground">
        {branch ? t("{files} since the last commit on {branch}.", { files: tn("{n} file changed", "{n} files changed", changes.length), branch: visible(branch) }) : tn("{n} file changed", "{n} files changed", changes.length)}
      </p>
      {changes.length === 0 && <EmptyRow>{t("Nothing is changed since the last commit.")}</EmptyRow>}
      <ul className="grid grid-cols-1 gap-2">
        {changes.map((change) => (
          <Change key={change.path} workspaceId={workspace.id} change={change} open={open.has(change.path)} onToggle={() => toggle(change.path)} onShow={onShow} />
        ))}
      </ul>
      {truncated && <p className="mt-3 text-sm text-muted-foreground">{t("There are more changes than are shown here.")}</p>}
    </div>
  );
}

const words: Record<ReviewChange["status"], string> = { added: msg("new"), modified: "", deleted: msg("deleted"), renamed: msg("renamed"), untracked: msg("new") };

interface ChangeProps {
  workspaceId: string;
  change: ReviewChange;
  open: boolean;
  onToggle: () => void;
  onShow: (path: string) => void;
}

function Change({ workspaceId, change, open, onToggle, onShow }: ChangeProps) {
  const id = useId();
  const { path, status, added, removed } = change;
  const shown = visible(path);
  const word = words[status];
  return (
    <li className="overflow-hidden rounded-lg border border-border bg-surface text-sm">
      <button type="button" aria-expanded={open} aria-controls={open ? id : undefined} onClick={onToggle} className="flex w-full items-center gap-2 px-3 py-2 text-left -outline-offset-2">
        <ChevronRight aria-hidden className={cn("size-4 shrink-0 text-muted-foreground transition-transform", open && "rotate-90")} />
        <span title={shown} className={cn("min-w-0 truncate font-mono text-xs", status === "deleted" && "line-through")}>
          {shown}
        </span>
        {word && <span className="shrink-0 text-xs text-muted-foreground">{t(word)}</span>}
        {added + removed > 0 && (
          <span className="ml-auto shrink-0 text-xs">
            <Counts added={added} removed={removed} />
          </span>
        )}
      </button>
      {open && (
        <div id={id} className="border-t border-border">
          <Diff workspaceId={workspaceId} change={change} />
          {status !== "deleted" && (
            <div className="border-t border-border p-1.5">
              <Button variant="ghost" size="sm" onClick={() => onShow(path)} aria-label={t("Whole file {path}", { path: shown })}>
                {t("Whole file")}
              </Button>
            </div>
          )}
        </div>
      )}
    </li>
  );
}

function Diff({ workspaceId, change }: { workspaceId: string; change: ReviewChange }) {
  const diff = useQuery(reviewDiffQuery(workspaceId, change));
  if (diff.isPending) return <Skeleton className="m-3 h-16" />;
  if (!diff.data) {
    return (
      <div className="p-3">
        <LoadError error={diff.error} onRetry={diff.refetch} />
      </div>
    );
  }
  if (diff.data.diff === "") return <p className="px-3 py-2 text-muted-foreground">{t("No text to compare.")}</p>;
  return <DiffView diff={diff.data.diff} truncated={diff.data.truncated} />;
}
