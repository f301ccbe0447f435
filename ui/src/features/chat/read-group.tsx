import { ChevronRight, FileSearch } from "lucide-react";
import { useState } from "react";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { ToolCall } from "./tool-call";
import { readsTitle } from "./turn-items";
import type { ToolPart } from "./types";

/** Reads that follow one another, as one line: they matter little once they are done. */
export function ReadGroup({ parts }: { parts: ToolPart[] }) {
  const [open, setOpen] = useState(false);
  const failed = parts.filter((p) => p.state === "output-error").length;
  const running = parts.some((p) => p.state.startsWith("input"));
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex max-w-full items-center gap-1.5 rounded text-sm text-muted-foreground hover:text-foreground"
      >
        {running ? <Spinner className="size-4" /> : <FileSearch aria-hidden className="size-4 shrink-0" />}
        <span className="truncate">{readsTitle(parts)}</span>
        {failed > 0 && <span className="text-danger-text">{t("{failed} failed", { failed })}</span>}
        <ChevronRight aria-hidden className={cn("size-3.5 shrink-0 transition-transform", open && "rotate-90")} />
      </button>
      {open && (
        <div className="mt-2 grid grid-cols-1 gap-2 border-l-2 border-border pl-3">
          {parts.map((part) => (
            <ToolCall key={part.toolCallId} part={part} />
          ))}
        </div>
      )}
    </div>
  );
}
