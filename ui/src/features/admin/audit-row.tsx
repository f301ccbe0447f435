import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import type { AuditRecord } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { actionName } from "./audit-actions";

/** One act; opened it shows all that was recorded of it. */
export function AuditRow({ record, onUser }: { record: AuditRecord; onUser: () => void }) {
  const now = useNow();
  const [open, setOpen] = useState(false);
  const details = useId();
  const { time, action, userName, address, target, targetName, outcome } = record;
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? details : undefined}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-3 px-4 py-2.5 text-left text-sm -outline-offset-2 hover:bg-muted/60"
      >
        <ChevronRight aria-hidden className={cn("size-4 shrink-0 text-muted-foreground transition-transform", open && "rotate-90")} />
        <span className="grid min-w-0 flex-1 grid-cols-1 gap-x-3 md:grid-cols-[14rem_1fr_12rem]">
          <span className="flex min-w-0 flex-wrap items-center gap-2">
            <span className="max-w-full truncate font-medium">{actionName(action)}</span>
            {outcome === "refused" && <Badge variant="danger">{t("Refused")}</Badge>}
          </span>
          <span className="truncate text-muted-foreground">{targetName || target}</span>
          <span className="truncate text-muted-foreground md:text-right">{userName || (address ? t("nobody signed in") : t("at the server"))}</span>
        </span>
        <time dateTime={time} title={exact(time)} className="shrink-0 text-right text-muted-foreground max-sm:max-w-24 sm:w-32">
          {ago(time, now)}
        </time>
      </button>
      {open && <Details id={details} record={record} onUser={onUser} />}
    </li>
  );
}

function Details({ id, record, onUser }: { id: string; record: AuditRecord; onUser: () => void }) {
  const { time, action, userId, userName, address, target, targetName, detail } = record;
  const facts: [string, string][] = [
    [t("Time"), exact(time)],
    [t("Act"), action],
    [t("User"), userName && userId ? `${userName} (${userId})` : userName || userId],
    [t("Address"), address],
    [t("Of"), targetName && target && targetName !== target ? `${targetName} (${target})` : targetName || target],
    [t("Detail"), detail],
  ];
  return (
    <div id={id} className="grid gap-3 border-t border-border bg-muted/50 px-4 py-3 pl-11">
      <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1 text-sm">
        {facts
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted-foreground">{name}</dt>
              <dd className="min-w-0 break-words whitespace-pre-wrap">{value}</dd>
            </div>
          ))}
      </dl>
      {userId && (
        <div>
          <Button variant="outline" size="sm" onClick={onUser}>
            {t("Only what {who} did", { who: userName || userId })}
          </Button>
        </div>
      )}
    </div>
  );
}
