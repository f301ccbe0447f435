import type { WorkspacePort } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t, tr } from "@/i18n/t";

interface QuietPreviewProps {
  /** The one that is waited for; undefined = any. */
  port: number | undefined;
  ports: WorkspacePort[];
  onOpen: (port: number) => void;
}

/** Said in no language. */
const command = "npm run dev";

/** Stands in for a page while nothing listens. */
export function QuietPreview({ port, ports, onOpen }: QuietPreviewProps) {
  const others = ports.filter((p) => p.listening && p.port !== port).slice(0, 8);
  return (
    <section role="status" className="mx-auto grid max-w-md justify-items-start gap-3 px-6 py-12 text-sm">
      <h3 className="text-base font-semibold tracking-tight">{port === undefined ? t("Nothing listens yet") : t("Nothing listens on port {port} yet", { port })}</h3>
      <p className="text-muted-foreground">
        {tr("Start a server in the terminal, for example {command}, or ask the agent to. It opens here by itself.", {
          command: <code className="font-mono text-foreground">{command}</code>,
        })}
      </p>
      {others.length > 0 && (
        <>
          <p className="text-muted-foreground">{t("Something listens on:")}</p>
          <ul className="flex flex-wrap gap-2">
            {others.map((p) => (
              <li key={p.port}>
                <Button variant="outline" size="sm" onClick={() => onOpen(p.port)} className="max-w-60">
                  <span className="tabular-nums">{p.port}</span>
                  {p.process && <span className="truncate text-muted-foreground">{p.process}</span>}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
