import { Check, Copy, ExternalLink, Globe } from "lucide-react";
import { useRef } from "react";
import type { WorkspacePort } from "@/api/types";
import { Button } from "@/components/ui/button";
import { useCopy } from "@/components/ui/use-copy";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";

interface PortAddressProps {
  port: WorkspacePort;
  /** Shows it beside the editor. */
  onPreview?: (port: number) => void;
}

/** What a port is and where it is reached. */
export function PortAddress({ port, onPreview }: PortAddressProps) {
  const link = useRef<HTMLAnchorElement>(null);
  const { copied, copy } = useCopy(port.url, () => link.current && window.getSelection()?.selectAllChildren(link.current));
  const program = port.listening ? port.process || t("unknown program") : t("nothing listens");
  return (
    <div className="flex items-center justify-between gap-4">
      <div className="grid min-w-0 grid-cols-1 gap-0.5">
        <h3 className="flex min-w-0 items-center gap-2 text-sm">
          <span aria-hidden className={cn("size-2 shrink-0 rounded-full", port.listening ? "bg-ok" : "border border-off")} />
          <span className={cn("font-medium tabular-nums", !port.listening && "text-muted-foreground")}>{port.port}</span>
          <span title={program} className="truncate text-muted-foreground">
            {program}
          </span>
        </h3>
        <a
          href={port.url}
          target="_blank"
          rel="noopener"
          className={cn("flex max-w-full items-center gap-1.5 justify-self-start rounded text-sm underline-offset-4 hover:underline", port.listening ? "text-link" : "text-muted-foreground")}
        >
          <span ref={link} className="truncate">
            {port.url}
          </span>
          <ExternalLink aria-hidden className="size-3.5 shrink-0" />
          <span className="sr-only">{t("(opens in a new tab)")}</span>
        </a>
      </div>
      <div className="flex shrink-0 gap-1.5">
        {onPreview && port.listening && (
          <Button variant="outline" size="sm" onClick={() => onPreview(port.port)} className="max-sm:size-8 max-sm:px-0">
            <Globe aria-hidden />
            <span className="max-sm:sr-only">{t("Preview")}</span>
            <span className="sr-only">{t("port {port}", { port: port.port })}</span>
          </Button>
        )}
        <Button variant="outline" size="sm" onClick={copy} aria-live="polite" className="max-sm:size-8 max-sm:px-0 sm:min-w-25">
          {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          <span className="max-sm:sr-only">{copied ? t("Copied") : t("Copy")}</span>
          <span className="sr-only">{t("address of port {port}", { port: port.port })}</span>
        </Button>
      </div>
    </div>
  );
}
