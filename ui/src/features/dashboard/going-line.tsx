import { Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useKeepWorkspace } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t, tn } from "@/i18n/t";

/** Whole seconds until a time, counting down to 0. */
function useSecondsUntil(iso: string): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((Date.parse(iso) - now) / 1000));
}

interface GoingLineProps {
  workspace: Workspace;
  deletesAt: string;
  /** For a table's cell. */
  small?: boolean;
  onKept?: () => void;
}

/** Counts down to a deletion, and takes it back. */
export function GoingLine({ workspace, deletesAt, small = false, onKept }: GoingLineProps) {
  const { id, name } = workspace;
  const seconds = useSecondsUntil(deletesAt);
  const keep = useKeepWorkspace(id);
  const onKeep = () => keep.mutate(undefined, { onSuccess: onKept, onError: (error) => toast.error(t("Could not keep {name}", { name }), { description: sentence(error) }) });
  return (
    <div className="flex min-w-0 flex-1 items-center justify-between gap-2">
      {/* A timer is not read out while it counts. */}
      <p role="timer" className={small ? "text-xs whitespace-nowrap tabular-nums" : "text-sm"}>
        {seconds === 0 ? t("Deleting…") : small ? t("in {seconds} s", { seconds }) : tn("Deleted in {n} second", "Deleted in {n} seconds", seconds)}
      </p>
      {seconds > 0 && (
        <Button variant="outline" size="sm" busy={keep.isPending} onClick={onKeep} aria-label={t("Keep {name}", { name })}>
          {!keep.isPending && <Undo2 aria-hidden />} {t("Keep")}
        </Button>
      )}
    </div>
  );
}
