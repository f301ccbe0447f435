import type { Workspace, WorkspacePort } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Dialog } from "@/components/ui/dialog";
import { RowList } from "@/components/layout/row-list";
import { PortRow } from "@/features/ports/port-row";
import { PortsSkeleton } from "@/features/ports/ports-skeleton";
import { usePorts } from "@/features/ports/use-ports";
import { may } from "@/features/sharing/rights";
import { t } from "@/i18n/t";
import { addressOf } from "./address";
import { LinksSection } from "./links/links-section";

interface PortShareDialogProps {
  workspace: Workspace;
  port: number;
  onClose: () => void;
}

/** Who may open a port: by its address, and by links with an end. */
export function PortShareDialog({ workspace, port, onClose }: PortShareDialogProps) {
  const { ports, error, retry } = usePorts(workspace.id);
  const found = ports?.find((p) => p.port === port) ?? (ports && unset(workspace, port));
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} variant="list" title={t("Share port {port}", { port })} description={t("Its address is for those whom you choose. A link opens this one port to whoever has it, until it ends.")}>
      {error && !ports && <LoadError error={error} onRetry={retry} />}
      {!ports && !error && <PortsSkeleton />}
      {found && (
        <RowList>
          <PortRow workspaceId={workspace.id} port={found} onSet={() => undefined} />
        </RowList>
      )}
      {may(workspace, "owner") && <LinksSection workspaceId={workspace.id} port={port} />}
    </Dialog>
  );
}

/** A port that nothing listens on and nobody has set. */
function unset(workspace: Workspace, port: number): WorkspacePort {
  return { port, url: addressOf(workspace.vscodeUrl, { port, path: "/" }), listening: false, address: "", process: "", visibility: "owner", rewriteHost: false };
}
