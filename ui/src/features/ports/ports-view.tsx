import { useState } from "react";
import { putPort } from "@/api/queries/ports";
import type { WorkspacePort } from "@/api/types";
import { EmptyRow, RowList } from "@/components/layout/row-list";
import { tr } from "@/i18n/t";
import { AddPort } from "./add-port";
import { withKept } from "./kept";
import { PortRow } from "./port-row";

interface PortsViewProps {
  workspaceId: string;
  ports: WorkspacePort[];
  onPreview?: (port: number) => void;
}

/** Said in no language. */
const command = "npm run dev";

export function PortsView({ workspaceId, ports, onPreview }: PortsViewProps) {
  const [kept, setKept] = useState<WorkspacePort[]>([]);
  const keep = (port: WorkspacePort) => setKept((before) => putPort(before, port));
  const shown = withKept(ports, kept);
  return (
    <>
      {shown.length === 0 ? (
        <EmptyRow>
          {tr("Nothing listens yet. Start a server in the terminal, for example {command}. It appears here by itself.", {
            command: <code className="font-mono text-foreground">{command}</code>,
          })}
        </EmptyRow>
      ) : (
        <RowList>
          {shown.map((port) => (
            <PortRow key={port.port} workspaceId={workspaceId} port={port} onSet={keep} onPreview={onPreview} />
          ))}
        </RowList>
      )}
      <AddPort workspaceId={workspaceId} taken={shown.map((p) => p.port)} onSet={keep} />
    </>
  );
}
