import type { Workspace, WorkspaceStatus } from "@/api/types";

/** What people read for a status, and the colour of its dot. */
export const statuses: Record<WorkspaceStatus, { label: string; dot: string; moving: boolean }> = {
  STOPPED: { label: "Stopped", dot: "bg-off", moving: false },
  STARTING: { label: "Starting", dot: "bg-busy", moving: true },
  RUNNING: { label: "Running", dot: "bg-ok", moving: false },
  STOPPING: { label: "Stopping", dot: "bg-busy", moving: true },
  ERROR: { label: "Error", dot: "bg-danger", moving: false },
};

/** Which orders make sense now. A workspace that is starting may be stopped again. */
export function ordersOf(workspace: Workspace) {
  const { status } = workspace;
  return {
    start: status === "STOPPED" || status === "ERROR",
    stop: status === "RUNNING" || status === "STARTING",
    restart: status === "RUNNING",
    open: status === "RUNNING",
  };
}
