import type { Workspace, WorkspaceStatus } from "@/api/types";
import { may } from "@/features/sharing/rights";
import { msg } from "@/i18n/t";

/** What people read for a status, and the colour of its dot. */
export const statuses: Record<WorkspaceStatus, { label: string; dot: string; moving: boolean }> = {
  STOPPED: { label: msg("Stopped"), dot: "bg-off", moving: false },
  STARTING: { label: msg("Starting"), dot: "bg-busy", moving: true },
  RUNNING: { label: msg("Running"), dot: "bg-ok", moving: false },
  STOPPING: { label: msg("Stopping"), dot: "bg-busy", moving: true },
  ERROR: { label: msg("Error"), dot: "bg-danger", moving: false },
};

/** What stands for a status while the workspace is paused. */
export const pausedLook = { label: msg("Paused"), dot: "bg-off", moving: false };

/**
 * Which orders make sense now and are the caller's to give. A workspace that is starting
 * may be stopped again; one that waits to be deleted gets none.
 */
export function ordersOf(workspace: Workspace) {
  const { status } = workspace;
  const stays = !workspace.deletesAt;
  const edits = stays && may(workspace, "edit");
  return {
    start: stays && may(workspace, "use") && (status === "STOPPED" || status === "ERROR"),
    stop: edits && (status === "RUNNING" || status === "STARTING"),
    restart: edits && status === "RUNNING",
    open: edits && status === "RUNNING",
    delete: stays && may(workspace, "owner"),
  };
}
