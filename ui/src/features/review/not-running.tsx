import { Play } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { may } from "@/features/sharing/rights";
import { useOrders } from "@/features/workspace/use-orders";
import { t } from "@/i18n/t";

/** In place of files and changes, which only a running workspace can show. */
export function NotRunning({ workspace }: { workspace: Workspace }) {
  const { give, pending } = useOrders(workspace);
  const { status } = workspace;
  const starting = status === "STARTING";
  return (
    <div role="status" className="grid max-w-lg gap-4 p-6">
      <div className="grid gap-1">
        <h2 className="font-semibold">{starting ? t("It is starting") : t("It does not run")}</h2>
        <p className="text-sm text-muted-foreground">
          {starting ? t("Files and changes are shown here as soon as it runs.") : t("Files and changes can be read while it runs. Chats can be read at any time.")}
        </p>
      </div>
      {(status === "STOPPED" || status === "ERROR") &&
        (may(workspace, "use") ? (
          <div>
            <Button busy={pending === "start"} onClick={() => give("start")}>
              {pending !== "start" && <Play aria-hidden />} {t("Start")}
            </Button>
          </div>
        ) : (
          <p className="text-sm text-muted-foreground">{t("Whoever may use it can start it; you may look.")}</p>
        ))}
    </div>
  );
}
