import { Square, Trash2, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t, tn } from "@/i18n/t";
import type { BulkKind } from "./use-bulk";

const BulkDialog = lazy(() => import("./bulk-dialog").then((m) => ({ default: m.BulkDialog })));

interface BulkBarProps {
  /** Those that are chosen. */
  chosen: Workspace[];
  canStop: (workspace: Workspace) => boolean;
  canDelete: (workspace: Workspace) => boolean;
  ofOthers?: boolean;
  onClear: () => void;
  onChanged?: () => void;
}

/** What can be done with several workspaces at once; at the lower edge while any are chosen. */
export function BulkBar({ chosen, canStop, canDelete, ofOthers, onClear, onChanged }: BulkBarProps) {
  const [question, setQuestion] = useState<{ kind: BulkKind; workspaces: Workspace[] }>();
  const ask = (kind: BulkKind, workspaces: Workspace[]) => setQuestion({ kind, workspaces });
  const done = () => {
    onClear();
    // The bar that had the focus is gone.
    requestAnimationFrame(() => document.getElementById("content")?.focus({ preventScroll: true }));
  };
  const stoppable = chosen.filter(canStop);
  const deletable = chosen.filter(canDelete);
  return (
    <>
      <div role="status" className="sr-only">
        {chosen.length > 0 && tn("{n} chosen", "{n} chosen", chosen.length)}
      </div>
      {/* What the bar lies over can be scrolled out from under it. */}
      {chosen.length > 0 && <div aria-hidden className="h-20" />}
      {chosen.length > 0 && (
        <div role="toolbar" aria-label={t("With those that are chosen")} className="fixed inset-x-3 bottom-3 z-30 mx-auto flex max-w-xl items-center gap-2 rounded-xl border border-border bg-surface px-3 py-2 shadow-xl">
          <span className="mr-auto pl-1 text-sm font-medium tabular-nums">{tn("{n} chosen", "{n} chosen", chosen.length)}</span>
          <Button variant="outline" size="sm" disabled={stoppable.length === 0} title={stoppable.length === 0 ? t("None of them runs and is yours to stop") : undefined} onClick={() => ask("stop", stoppable)}>
            <Square aria-hidden className="max-sm:hidden" /> {stoppable.length > 0 ? t("Stop {count}…", { count: stoppable.length }) : t("Stop")}
          </Button>
          <Button variant="danger" size="sm" disabled={deletable.length === 0} title={deletable.length === 0 ? t("None of them is yours to delete") : undefined} onClick={() => ask("delete", deletable)}>
            <Trash2 aria-hidden className="max-sm:hidden" /> {deletable.length > 0 ? t("Delete {count}…", { count: deletable.length }) : t("Delete")}
          </Button>
          <Button variant="ghost" size="icon-sm" aria-label={t("Choose none")} onClick={onClear}>
            <X aria-hidden />
          </Button>
        </div>
      )}
      <Suspense fallback={null}>
        {question && <BulkDialog {...question} ofOthers={ofOthers} onClose={() => setQuestion(undefined)} onDone={done} onChanged={onChanged} />}
      </Suspense>
    </>
  );
}
