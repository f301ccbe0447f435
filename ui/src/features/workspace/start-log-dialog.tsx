import type { Workspace } from "@/api/types";
import { Dialog } from "@/components/ui/dialog";
import { t } from "@/i18n/t";
import { StartLog } from "./start-log";

/** How the latest start of a workspace went, while its editor is in front. */
export function StartLogDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} variant="list" title={t("Start log")} description={t("What happened at the latest start, step by step.")}>
      <StartLog id={workspace.id} follow={workspace.status === "STARTING"} notices={workspace.notices} />
    </Dialog>
  );
}
