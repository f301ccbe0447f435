import { useState } from "react";
import { putPort } from "@/api/queries/ports";
import type { WorkspacePort } from "@/api/types";
import { EmptyRow, RowList } from "@/components/layout/row-list";
import { AddPort } from "./add-port";
import { withKept } from "./kept";
import { PortRow } from "./port-row";

interface PortsViewProps {
  workspaceId: string;
  ports: WorkspacePort[];
}

export function PortsView({ workspaceId, ports }: PortsViewProps) {
  const [kept, setKept] = useState<WorkspacePort[]>([]);
  const keep = (port: WorkspacePort) => setKept((before) => putPort(before, port));
  const shown = withKept(ports, kept);
  return (
    <>
      {shown.length === 0 ? (
        <EmptyRow>
          Nothing listens yet. Start a server in the terminal, for example <code className="font-mono text-foreground">npm run dev</code>. It
          appears here by itself.
        </EmptyRow>
      ) : (
        <RowList>
          {shown.map((port) => (
            <PortRow key={port.port} workspaceId={workspaceId} port={port} onSet={keep} />
          ))}
        </RowList>
      )}
      <AddPort workspaceId={workspaceId} taken={shown.map((p) => p.port)} onSet={keep} />
    </>
  );
}
