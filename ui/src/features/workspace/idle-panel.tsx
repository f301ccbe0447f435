import { Play } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import { Panel } from "./panel";
import { StartLog } from "./start-log";
import { UsageLine } from "./usage-line";
import { useOrders } from "./use-orders";

/** A workspace that is stopped, stopping or failed: why, and how to go on. */
export function IdlePanel({ workspace }: { workspace: Workspace }) {
  const { give, pending } = useOrders(workspace);
  const { status, statusReason } = workspace;
  if (status === "STOPPING") {
    return (
      <Panel title={t("Stopping your workspace")}>
        <p className="flex items-center gap-2.5 text-muted-foreground">
          <Spinner /> {statusReason || t("Files stay as they are.")}
        </p>
      </Panel>
    );
  }
  const failed = status === "ERROR";
  return (
    <Panel title={failed ? t("This workspace could not run") : t("This workspace is stopped")}>
      {failed ? (
        <Notice variant="danger">
          <span className="whitespace-pre-wrap">{statusReason || t("The server gave no reason.")}</span>
        </Notice>
      ) : (
        <div className="text-muted-foreground">
          {statusReason && <p className="first-letter:uppercase">{statusReason}</p>}
          <UsageLine workspace={workspace} />
          <p>{t("Your files are kept.")}</p>
        </div>
      )}
      <div>
        <Button busy={pending === "start"} onClick={() => give("start")}>
          {pending !== "start" && <Play aria-hidden />}
          {failed ? t("Start again") : t("Start")}
        </Button>
      </div>
      {failed && <StartLog id={workspace.id} />}
    </Panel>
  );
}
