import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { PortsSkeleton } from "./ports-skeleton";
import { PortsView } from "./ports-view";
import { usePorts } from "./use-ports";

interface PortsDialogProps {
  workspace: Workspace;
  onClose: () => void;
  /** Shows a port beside the editor. */
  onPreview?: (port: number) => void;
}

/** What listens in a workspace, where it is reached and by whom. */
export function PortsDialog({ workspace, onClose, onPreview }: PortsDialogProps) {
  const preview =
    onPreview &&
    ((port: number) => {
      onClose();
      onPreview(port);
    });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      variant="list"
      title={t("Ports")}
      description={t("What listens on a port in this workspace has an address of its own. Only you can open it, unless you let others.")}
    >
      {workspace.status === "RUNNING" ? <Ports id={workspace.id} onPreview={preview} /> : <Notice live>{t("This workspace does not run. Start it to see its ports.")}</Notice>}
    </Dialog>
  );
}

function Ports({ id, onPreview }: { id: string; onPreview?: (port: number) => void }) {
  const { ports, error, retry } = usePorts(id);
  return (
    <>
      {error && <LoadError error={error} onRetry={retry} />}
      {ports && <PortsView workspaceId={id} ports={ports} onPreview={onPreview} />}
      {!ports && !error && <PortsSkeleton />}
    </>
  );
}
