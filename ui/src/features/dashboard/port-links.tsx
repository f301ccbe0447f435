import { ExternalLink } from "lucide-react";
import { useFacts } from "@/api/queries/facts";
import type { Workspace } from "@/api/types";
import { portAddress } from "@/features/chat/port-address";
import { may } from "@/features/sharing/rights";
import { t, tn } from "@/i18n/t";

interface PortLinksProps {
  workspace: Workspace;
  /** So many are shown; the rest is counted. */
  most?: number;
  /** Numbers only, for a table. */
  small?: boolean;
}

/** The ports a program listens on, each opened in a tab of its own; nothing when there is none. */
export function PortLinks({ workspace, most = 4, small = false }: PortLinksProps) {
  const facts = useFacts(workspace.id);
  const ports = workspace.status === "RUNNING" ? (facts?.ports ?? []) : [];
  if (ports.length === 0) return null;
  const opens = may(workspace, "use");
  const rest = ports.length - most;
  return (
    <ul aria-label={t("Open ports of {name}", { name: workspace.name })} className="flex min-w-0 flex-wrap items-center gap-1.5 text-xs">
      {ports.slice(0, most).map(({ port, process }) => (
        <li key={port} className="max-w-full min-w-0">
          {opens ? (
            <a
              href={portAddress(workspace.vscodeUrl, port)}
              target="_blank"
              rel="noopener"
              title={process}
              className="flex min-h-6 max-w-48 items-center gap-1 rounded-full border border-primary/25 bg-primary/10 px-2 text-link underline-offset-2 hover:underline"
            >
              <Port port={port} process={small ? "" : process} />
              {!small && <ExternalLink aria-hidden className="size-3 shrink-0" />}
              <span className="sr-only">{t("(opens in a new tab)")}</span>
            </a>
          ) : (
            <span title={process} className="flex min-h-6 max-w-48 items-center gap-1 rounded-full border border-border px-2 text-muted-foreground">
              <Port port={port} process={small ? "" : process} />
            </span>
          )}
        </li>
      ))}
      {rest > 0 && <li className="text-muted-foreground">{tn("and {n} more", "and {n} more", rest)}</li>}
    </ul>
  );
}

function Port({ port, process }: { port: number; process: string }) {
  return (
    <>
      <span className="sr-only">{t("Port")}</span>
      <span className="font-medium tabular-nums">{port}</span>
      {process && <span className="truncate">{process}</span>}
    </>
  );
}
