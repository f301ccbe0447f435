import type { KeyboardEvent, RefObject } from "react";
import type { Inspected } from "@/api/types";
import { t } from "@/i18n/t";
import { RequestRow } from "./request-row";

interface RequestListProps {
  requests: Inspected[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** The row to give the focus back to when the details are closed. */
  rows: RefObject<Map<string, HTMLButtonElement>>;
}

/** The requests, newest first. Arrow keys go through them, Enter shows one, Escape puts it away. */
export function RequestList({ requests, selected, onSelect, rows }: RequestListProps) {
  const tabbed = requests.find((r) => r.id === selected)?.id ?? requests[0]?.id;
  const onKeyDown = (at: number) => (event: KeyboardEvent) => {
    const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: requests.length - 1 };
    const next = requests[Math.max(0, to[event.key] ?? -1)];
    if (event.key === "Escape" && selected !== undefined) {
      event.preventDefault();
      return onSelect(undefined);
    }
    if (to[event.key] === undefined || !next) return;
    event.preventDefault();
    rows.current.get(next.id)?.focus();
    if (selected !== undefined) onSelect(next.id);
  };
  return (
    <ul aria-label={t("Requests")} className="divide-y divide-border">
      {requests.map((request, at) => (
        <RequestRow
          key={request.id}
          ref={(row) => {
            if (row) rows.current.set(request.id, row);
            else rows.current.delete(request.id);
          }}
          request={request}
          selected={request.id === selected}
          tabbed={request.id === tabbed}
          onSelect={() => onSelect(request.id === selected ? undefined : request.id)}
          onKeyDown={onKeyDown(at)}
        />
      ))}
    </ul>
  );
}
