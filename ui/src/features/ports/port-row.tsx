import { useRef, useState } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useSetPort } from "@/api/queries/ports";
import type { PortVisibility, SetPort, WorkspacePort } from "@/api/types";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { PortAddress } from "./port-address";
import { PublicNotice, PublicQuestion } from "./public-notice";
import { RewriteSwitch } from "./rewrite-switch";
import { VisibilitySelect } from "./visibility-select";

interface PortRowProps {
  workspaceId: string;
  port: WorkspacePort;
  onSet: (port: WorkspacePort) => void;
  /** Shows it beside the editor. */
  onPreview?: (port: number) => void;
}

/**
 * One port. What is being changed shows as if it were done already. To open it to
 * everybody is asked about first: arrow keys in a select pass that choice, too.
 */
export function PortRow({ workspaceId, port, onSet, onPreview }: PortRowProps) {
  const row = useRef<HTMLLIElement>(null);
  const select = useRef<HTMLSelectElement>(null);
  const [asking, setAsking] = useState(false);
  const set = useSetPort(workspaceId, (error) => {
    // The row tells it, unless the dialog was closed meanwhile.
    if (!row.current) toast.error(t("Could not change port {port}", { port: port.port }), { description: sentence(error) });
  });
  const { visibility, rewriteHost } = set.isPending ? { ...port, ...set.variables } : port;
  const change = (body: Partial<SetPort>) => set.mutate({ port: port.port, visibility, rewriteHost, ...body }, { onSuccess: onSet });

  const choose = (chosen: PortVisibility) => {
    const ask = chosen === "public" && visibility !== "public";
    setAsking(ask);
    if (!ask && chosen !== visibility) change({ visibility: chosen });
  };
  const answer = (yes: boolean) => {
    setAsking(false);
    if (yes) change({ visibility: "public" });
    select.current?.focus(); // the buttons are gone
  };
  const shown = asking ? "public" : visibility;
  return (
    <li ref={row} className="grid grid-cols-1 gap-4 p-4">
      <PortAddress port={port} onPreview={onPreview} />
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-[15rem_1fr] sm:gap-x-6">
        <VisibilitySelect ref={select} port={port.port} value={shown} onChange={choose} />
        {shown === "public" && (
          <div className="sm:order-last sm:col-span-2">{asking ? <PublicQuestion port={port.port} onAnswer={answer} /> : <PublicNotice port={port.port} />}</div>
        )}
        <RewriteSwitch port={port.port} checked={rewriteHost} onChange={(checked) => change({ rewriteHost: checked })} />
      </div>
      {set.isError && (
        <Notice variant="danger" live>
          {t("That did not work.")} {sentence(set.error)}
        </Notice>
      )}
    </li>
  );
}
