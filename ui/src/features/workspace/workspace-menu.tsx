import { EthernetPort, ExternalLink, MoreHorizontal, Pencil, Play, RotateCw, Square, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { PortsDialog } from "@/features/ports/ports-dialog";
import { DeleteDialog } from "./delete-dialog";
import { EditDialog } from "./edit-dialog";
import { ordersOf } from "./status";
import { useOrders } from "./use-orders";

interface WorkspaceMenuProps {
  workspace: Workspace;
  onDeleted?: () => void;
}

/** Everything that can be done with a workspace. */
export function WorkspaceMenu({ workspace, onDeleted }: WorkspaceMenuProps) {
  const [dialog, setDialog] = useState<"ports" | "edit" | "delete">();
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
          <MenuItem onSelect={() => give("stop")}>
            <Square aria-hidden /> Stop
          </MenuItem>
        )}
        <MenuItem onSelect={() => (wanted.current = "edit")}>
          <Pencil aria-hidden /> Rename and resize…
        </MenuItem>
        <MenuSeparator />
        <MenuItem variant="danger" onSelect={() => (wanted.current = "delete")}>
          <Trash2 aria-hidden /> Delete…
        </MenuItem>
      </Menu>
      {dialog === "ports" && <PortsDialog workspace={workspace} onClose={close} />}
      {dialog === "edit" && <EditDialog workspace={workspace} onClose={close} />}
      {dialog === "delete" && <DeleteDialog workspace={workspace} onClose={close} onDeleted={onDeleted} />}
    </>
  );
}
