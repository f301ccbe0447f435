import type { Workspace } from "@/api/types";
import { Dialog } from "@/components/ui/dialog";
import { StartLog } from "./start-log";

/** How the latest start of a workspace went, while its editor is in front. */
export function StartLogDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} variant="list" title="Start log" description="What happened at the latest start, step by step.">
      <StartLog id={workspace.id} follow={workspace.status === "STARTING"} notices={workspace.notices} />
    </Dialog>
  );
}
