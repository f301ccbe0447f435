import { EthernetPort } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { PortsDialog } from "./ports-dialog";
import { useOpenPorts } from "./use-ports";

/** Opens the ports of a running workspace, and says how many are open. */
export function PortsButton({ workspace }: { workspace: Workspace }) {
  const [shown, setShown] = useState(false);
  const open = useOpenPorts(workspace);
  return (
    <>
      {workspace.status === "RUNNING" && (
        <Button variant="ghost" size="sm" className="max-sm:px-2" onClick={() => setShown(true)}>
          <EthernetPort aria-hidden />
          <span className="max-sm:sr-only">Ports</span>
          {open > 0 && (
            <span className="min-w-5 rounded-full bg-primary/10 px-1.5 text-center text-xs leading-5 text-link tabular-nums">
              {open}
              <span className="sr-only"> open</span>
            </span>
          )}
        </Button>
      )}
      {shown && <PortsDialog workspace={workspace} onClose={() => setShown(false)} />}
    </>
  );
}
