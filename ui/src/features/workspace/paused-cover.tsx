import { Play } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { may } from "@/features/sharing/rights";
import { t } from "@/i18n/t";
import { Panel } from "./panel";
import { useOrders } from "./use-orders";

/**
 * Lies over the editor of a paused workspace, which would not answer. Whoever opens the page,
 * or comes back to it, has the workspace go on; a page that is only left open does not.
 */
export function PausedCover({ workspace }: { workspace: Workspace }) {
  const { give, pending } = useOrders(workspace);
  const allowed = may(workspace, "use");
  const resume = useRef(() => {});
  resume.current = () => {
    if (workspace.paused && allowed && !pending) give("start");
  };
  useEffect(() => {
    const come = () => {
      if (document.visibilityState === "visible") resume.current();
    };
    come();
    window.addEventListener("focus", come);
    document.addEventListener("visibilitychange", come);
    return () => {
      window.removeEventListener("focus", come);
      document.removeEventListener("visibilitychange", come);
    };
  }, []);
  if (!workspace.paused) return null;
  return (
    <div className="absolute inset-0 z-10 overflow-auto bg-background">
      <Panel title={t("This workspace is paused")}>
        <p className="text-muted-foreground">{t("It was not used for a while. Everything in it is as it was.")}</p>
        {allowed && (
          <div>
            <Button busy={pending === "start"} onClick={() => give("start")}>
              {pending !== "start" && <Play aria-hidden />}
              {t("Resume")}
            </Button>
          </div>
        )}
      </Panel>
    </div>
  );
}
