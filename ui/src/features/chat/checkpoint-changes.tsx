import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { LoadError } from "@/components/layout/load-error";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tn } from "@/i18n/t";
import { Counts } from "./cards/diff/counts";
import { DiffView } from "./cards/diff/diff-view";
import { useChatActions } from "./chat-context";
import type { CheckpointDiff } from "./types";

/** What going back to a checkpoint would undo in the files as they are now. */
export function useCheckpointDiff(checkpoint: string): UseQueryResult<CheckpointDiff> {
  const { checkpointDiff } = useChatActions();
  return useQuery({ queryKey: ["checkpoint", checkpoint], queryFn: () => checkpointDiff(checkpoint), gcTime: 0, staleTime: 0, retry: false });
}

/** Shows it to somebody who is about to decide. */
export function CheckpointChanges({ diff: { data, error, isPending, isError, refetch } }: { diff: UseQueryResult<CheckpointDiff> }) {
  return (
    <section aria-label={t("What is undone in the files")} className="grid grid-cols-1 gap-2">
      {isPending && <Skeleton className="h-24" />}
      {isError && <LoadError error={error} onRetry={refetch} />}
      {data && data.files === 0 && <p className="text-sm text-muted-foreground">{t("No file is different from before this turn.")}</p>}
      {data && data.files > 0 && (
        <>
          <p className="flex flex-wrap items-center gap-x-2 text-sm">
            {tn("{n} file set back. These changes are undone:", "{n} files set back. These changes are undone:", data.files)} <Counts added={data.added} removed={data.removed} />
          </p>
          <div className="min-w-0 overflow-hidden rounded-lg border border-border">
            <DiffView diff={data.diff} truncated={data.truncated} names />
          </div>
        </>
      )}
    </section>
  );
}
