import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { type SetShare, sharesQuery, useEndShare, useSetShare } from "@/api/queries/shares";
import type { Share, Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow, RowList } from "@/components/layout/row-list";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { ShareForm } from "./share-form";
import { ShareRow } from "./share-row";

/** The people a workspace is shared with, and one more. For its owner. */
export function People({ workspace }: { workspace: Workspace }) {
  const shares = useQuery(sharesQuery(workspace.id));
  const set = useSetShare(workspace.id);
  const end = useEndShare(workspace.id);
  const list = useRef<HTMLDivElement>(null);

  const change = (wanted: SetShare) =>
    set.mutate(wanted, { onError: (error) => toast.error(t("That was not changed"), { description: sentence(error) }) });
  const remove = (share: Share) =>
    end.mutate(share.userId, {
      onSuccess: () => {
        list.current?.focus();
        toast.success(t("{name} can no longer open it", { name: nameOf(share) }), {
          action: { label: t("Undo"), onClick: () => change({ email: share.email, right: share.right, ...(share.until && { until: share.until }) }) },
        });
      },
      onError: (error) => toast.error(t("It is still shared with {name}", { name: nameOf(share) }), { description: sentence(error) }),
    });
  return (
    <div className="grid grid-cols-1 gap-5">
      <ShareForm workspaceId={workspace.id} onShared={(made) => toast.success(t("Shared with {name}", { name: nameOf(made) }))} />
      <div ref={list} tabIndex={-1} role="group" aria-label={t("People with access")} className="outline-none">
        {shares.isPending && <Skeleton className="h-20" />}
        {shares.isError && <LoadError error={shares.error} onRetry={shares.refetch} />}
        {shares.data?.length === 0 && <EmptyRow>{t("Only you can open it.")}</EmptyRow>}
        {shares.data && shares.data.length > 0 && (
          <RowList>
            {shares.data.map((share) => (
              <ShareRow key={share.userId} share={share} onChange={change} onEnd={() => remove(share)} />
            ))}
          </RowList>
        )}
      </div>
    </div>
  );
}

function nameOf(share: Share): string {
  return share.name || share.email;
}
