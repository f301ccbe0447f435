import { Cable } from "lucide-react";
import type { KeyboardEvent, Ref } from "react";
import type { Inspected } from "@/api/types";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { size, time } from "./amounts";
import { failed } from "./requests";

interface RequestRowProps {
  ref: Ref<HTMLButtonElement>;
  request: Inspected;
  selected: boolean;
  /** It is the one that Tab leads to. */
  tabbed: boolean;
  onSelect: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** One request in a line; chosen, it shows all that is known of it. */
export function RequestRow({ ref, request, selected, tabbed, onSelect, onKeyDown }: RequestRowProps) {
  const { method, path, status, ms, responseBytes, socket, open } = request;
  const none = open ? t("No answer yet") : t("No answer came");
  return (
    <li>
      <button
        ref={ref}
        type="button"
        aria-pressed={selected}
        tabIndex={tabbed ? 0 : -1}
        onClick={onSelect}
        onKeyDown={onKeyDown}
        className={cn("grid w-full grid-cols-[3.25rem_minmax(0,1fr)_2.5rem_3.75rem_3.75rem] items-center gap-2 px-3 py-1.5 text-left text-xs -outline-offset-2 hover:bg-muted", selected && "bg-muted")}
      >
        <span className="truncate font-mono font-medium">{method}</span>
        <span title={path} className="flex min-w-0 items-center gap-1.5">
          {socket && <Cable role="img" aria-label={t("WebSocket:")} className="size-3.5 shrink-0 text-muted-foreground" />}
          <span className="truncate font-mono">{path}</span>
        </span>
        <span className={cn("text-right font-mono tabular-nums", failed(request) ? "font-semibold text-danger-text" : "text-muted-foreground")}>
          {status || (
            <span title={none}>
              <span aria-hidden>{open ? "…" : "–"}</span>
              <span className="sr-only">{none}</span>
            </span>
          )}
        </span>
        <span className="text-right text-muted-foreground tabular-nums">{time(ms)}</span>
        <span className="text-right text-muted-foreground tabular-nums">{size(responseBytes)}</span>
      </button>
    </li>
  );
}
