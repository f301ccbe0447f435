import { MoreHorizontal } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/dropdown-menu";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { useOrders } from "./use-orders";
import type { MenuDialog } from "./workspace-menu-items";

// The dashboard is the first thing people load: what is opened comes when it is.
const loadItems = () => import("./workspace-menu-items").then((m) => ({ default: m.WorkspaceMenuItems }));
const WorkspaceMenuItems = lazy(loadItems);
/** A load that fails is told when the menu is opened. */
const preload = () => void loadItems().catch(() => {});
const PortsDialog = lazy(() => import("@/features/ports/ports-dialog").then((m) => ({ default: m.PortsDialog })));
const RepositoryDialog = lazy(() => import("@/features/repository/repository-dialog").then((m) => ({ default: m.RepositoryDialog })));
const StartLogDialog = lazy(() => import("./start-log-dialog").then((m) => ({ default: m.StartLogDialog })));
const EnvironmentDialog = lazy(() => import("@/features/workspace-settings/environment-dialog").then((m) => ({ default: m.EnvironmentDialog })));
const EditDialog = lazy(() => import("./edit-dialog").then((m) => ({ default: m.EditDialog })));
const ShareDialog = lazy(() => import("@/features/sharing/share-dialog").then((m) => ({ default: m.ShareDialog })));
const StopDialog = lazy(() => import("./stop-dialog").then((m) => ({ default: m.StopDialog })));
const DeleteDialog = lazy(() => import("./delete-dialog").then((m) => ({ default: m.DeleteDialog })));

interface WorkspaceMenuProps {
  workspace: Workspace;
  /** It is on its way out, or the user left it. */
  onDeleted?: () => void;
}

/** Everything the user may do with a workspace. */
export function WorkspaceMenu({ workspace, onDeleted }: WorkspaceMenuProps) {
  const [dialog, setDialog] = useState<MenuDialog>();
  // Opened once the menu has closed: a dialog gives the focus back to where it was.
  const wanted = useRef<typeof dialog>(undefined);
  const { give } = useOrders(workspace);
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu
        onClosed={() => {
          setDialog(wanted.current);
          wanted.current = undefined;
        }}
        trigger={
          <Button variant="ghost" size="icon-sm" aria-label={t("Actions for {name}", { name: workspace.name })} onPointerEnter={preload} onFocus={preload}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
      >
        <Suspense fallback={<Skeleton className="m-1.5 h-40" />}>
          <WorkspaceMenuItems workspace={workspace} onOrder={give} onWant={(what) => (wanted.current = what)} />
        </Suspense>
      </Menu>
      <Suspense fallback={null}>
        {dialog === "ports" && <PortsDialog workspace={workspace} onClose={close} />}
        {dialog === "repository" && <RepositoryDialog workspace={workspace} onClose={close} />}
        {dialog === "log" && <StartLogDialog workspace={workspace} onClose={close} />}
        {dialog === "environment" && <EnvironmentDialog workspace={workspace} onClose={close} />}
        {dialog === "edit" && <EditDialog workspace={workspace} onClose={close} />}
        {dialog === "share" && <ShareDialog workspace={workspace} onClose={close} onLeft={onDeleted} />}
        {dialog === "stop" && <StopDialog workspace={workspace} onStop={() => give("stop")} onClose={close} />}
        {dialog === "delete" && <DeleteDialog workspace={workspace} onClose={close} onDeleted={onDeleted} />}
      </Suspense>
    </>
  );
}
