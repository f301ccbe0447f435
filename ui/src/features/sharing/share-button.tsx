import { Users } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t, tn } from "@/i18n/t";
import { rightOf } from "./rights";

const ShareDialog = lazy(() => import("./share-dialog").then((m) => ({ default: m.ShareDialog })));

interface ShareButtonProps {
  workspace: Workspace;
  /** The user gave up a workspace of somebody else. */
  onLeft?: () => void;
}

/** Opens who may open a workspace, and says how many do. */
export function ShareButton({ workspace, onLeft }: ShareButtonProps) {
  const [shown, setShown] = useState(false);
  const { sharedWith = 0 } = workspace as Workspace;
  return (
    <>
      <Button variant="ghost" size="sm" className="max-sm:px-2" onClick={() => setShown(true)}>
        <Users aria-hidden />
        <span className="max-lg:sr-only">{rightOf(workspace) === "owner" ? t("Share") : t("Shared")}</span>
        {sharedWith > 0 && (
          <span className="min-w-5 rounded-full bg-primary/10 px-1.5 text-center text-xs leading-5 text-link tabular-nums">
            <span aria-hidden>{sharedWith}</span>
            <span className="sr-only">{tn("with {n} person", "with {n} people", sharedWith)}</span>
          </span>
        )}
      </Button>
      <Suspense fallback={null}>{shown && <ShareDialog workspace={workspace} onClose={() => setShown(false)} onLeft={onLeft} />}</Suspense>
    </>
  );
}
