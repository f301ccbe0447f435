import { EthernetPort } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { useOpenPorts } from "./use-ports";

const PortsDialog = lazy(() => import("./ports-dialog").then((m) => ({ default: m.PortsDialog })));

interface PortsButtonProps {
  workspace: Workspace;
  /** Shows a port beside the editor. */
  onPreview?: (port: number) => void;
}

/** Opens the ports of a running workspace, and says how many are open. */
export function PortsButton({ workspace, onPreview }: PortsButtonProps) {
  const [shown, setShown] = useState(false);
  const open = useOpenPorts(workspace);
  return (
    <>
      {workspace.status === "RUNNING" && (
        <Button variant="ghost" size="sm" className="max-sm:px-2" onClick={() => setShown(true)}>
          <EthernetPort aria-hidden />
          <span className="max-sm:sr-only">{t("Ports")}</span>
          {open > 0 && (
            <span className="min-w-5 rounded-full bg-primary/10 px-1.5 text-center text-xs leading-5 text-link tabular-nums">
              {open}
              <span className="sr-only"> {t("open")}</span>
            </span>
          )}
        </Button>
      )}
      <Suspense fallback={null}>{shown && <PortsDialog workspace={workspace} onClose={() => setShown(false)} onPreview={onPreview} />}</Suspense>
    </>
  );
}
