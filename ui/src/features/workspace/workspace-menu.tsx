import { Blocks, EthernetPort, ExternalLink, GitBranch, MoreHorizontal, Pencil, Play, RotateCw, ScrollText, Square, Trash2 } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { PortsDialog } from "@/features/ports/ports-dialog";
import { DeleteDialog } from "./delete-dialog";
import { EditDialog } from "./edit-dialog";
import { ordersOf } from "./status";
import { StopDialog } from "./stop-dialog";
import { useOrders } from "./use-orders";

// The dashboard is the first thing people load: what few open comes when they do.
const RepositoryDialog = lazy(() => import("@/features/repository/repository-dialog").then((m) => ({ default: m.RepositoryDialog })));
const StartLogDialog = lazy(() => import("./start-log-dialog").then((m) => ({ default: m.StartLogDialog })));
const EnvironmentDialog = lazy(() => import("@/features/workspace-settings/environment-dialog").then((m) => ({ default: m.EnvironmentDialog })));

interface WorkspaceMenuProps {
  workspace: Workspace;
  onDeleted?: () => void;
}

/** Everything that can be done with a workspace. */
export function WorkspaceMenu({ workspace, onDeleted }: WorkspaceMenuProps) {
  const [dialog, setDialog] = useState<"ports" | "repository" | "log" | "environment" | "edit" | "stop" | "delete">();
  // Opened once the menu has closed: a dialog gives the focus back to where it was.
  const wanted = useRef<typeof dialog>(undefined);
  const { give } = useOrders(workspace);
  const can = ordersOf(workspace);
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu
        onClosed={() => {
          setDialog(wanted.current);
          wanted.current = undefined;
        }}
        trigger={
          <Button variant="ghost" size="icon-sm" aria-label={`Actions for ${workspace.name}`}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
      >
        {can.open && (
          <MenuItem asChild>
            <a href={workspace.vscodeUrl} target="_blank" rel="noopener">
              <ExternalLink aria-hidden /> Open in own tab
            </a>
          </MenuItem>
        )}
        {can.open && (
          <MenuItem onSelect={() => (wanted.current = "ports")}>
            <EthernetPort aria-hidden /> Ports…
          </MenuItem>
        )}
        {workspace.githubRepo && (
          <MenuItem onSelect={() => (wanted.current = "repository")}>
            <GitBranch aria-hidden /> Repository…
          </MenuItem>
        )}
        {can.open && (
          <MenuItem onSelect={() => (wanted.current = "log")}>
            <ScrollText aria-hidden /> Start log…
          </MenuItem>
        )}
        {can.start && (
          <MenuItem onSelect={() => give("start")}>
            <Play aria-hidden /> Start
          </MenuItem>
        )}
        {can.restart && (
          <MenuItem onSelect={() => give("restart")}>
            <RotateCw aria-hidden /> Restart
          </MenuItem>
        )}
        {can.stop && (
          <MenuItem onSelect={() => (wanted.current = "stop")}>
            <Square aria-hidden /> Stop…
          </MenuItem>
        )}
        <MenuItem onSelect={() => (wanted.current = "environment")}>
          <Blocks aria-hidden /> Environment…
        </MenuItem>
        <MenuItem onSelect={() => (wanted.current = "edit")}>
          <Pencil aria-hidden /> Rename and resize…
        </MenuItem>
        <MenuSeparator />
        <MenuItem variant="danger" onSelect={() => (wanted.current = "delete")}>
          <Trash2 aria-hidden /> Delete…
        </MenuItem>
      </Menu>
      {dialog === "ports" && <PortsDialog workspace={workspace} onClose={close} />}
      <Suspense fallback={null}>
        {dialog === "repository" && <RepositoryDialog workspace={workspace} onClose={close} />}
        {dialog === "log" && <StartLogDialog workspace={workspace} onClose={close} />}
        {dialog === "environment" && <EnvironmentDialog workspace={workspace} onClose={close} />}
      </Suspense>
      {dialog === "stop" && <StopDialog workspace={workspace} onStop={() => give("stop")} onClose={close} />}
      {dialog === "edit" && <EditDialog workspace={workspace} onClose={close} />}
      {dialog === "delete" && <DeleteDialog workspace={workspace} onClose={close} onDeleted={onDeleted} />}
    </>
  );
}
