import { Ban, Pause, Play } from "lucide-react";
import { useRef, useState } from "react";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Tooltip } from "@/components/ui/tooltip";
import { sentence } from "@/api/problem";
import { t, tn } from "@/i18n/t";
import { RequestDetails } from "./request-details";
import { RequestList } from "./request-list";
import { type Kind, matches } from "./requests";
import { useRequests } from "./use-requests";

interface InspectorProps {
  workspaceId: string;
  port: number;
}

/** The requests that come to a port while this is looked at, live. */
export function Inspector({ workspaceId, port }: InspectorProps) {
  const [paused, setPaused] = useState(false);
  const [again, setAgain] = useState(0);
  const [text, setText] = useState("");
  const [kind, setKind] = useState<Kind>("all");
  const [selected, setSelected] = useState<string>();
  const rows = useRef(new Map<string, HTMLButtonElement>());
  const { requests, error, add, clear } = useRequests(workspaceId, port, paused, again);
  const shown = requests?.filter((r) => matches(r, { kind, text: text.trim() }));
  const open = requests?.find((r) => r.id === selected);
  const close = () => {
    setSelected(undefined);
    if (selected) rows.current.get(selected)?.focus();
  };
  const pauseLabel = paused ? t("Go on") : t("Pause");
  return (
    <div className="flex size-full min-h-0 flex-col">
      <div className="flex shrink-0 items-center gap-1.5 border-b border-border px-2 py-1.5">
        <Input
          type="search"
          aria-label={t("Filter requests")}
          placeholder={t("Filter: method, path or status")}
          value={text}
          onChange={(event) => setText(event.target.value)}
          autoComplete="off"
          spellCheck={false}
          className="h-8 flex-1 px-2.5 text-base md:text-xs"
        />
        <Select aria-label={t("Kind of requests")} value={kind} onChange={(event) => setKind(event.target.value as Kind)} className="w-28 shrink-0 [&>select]:h-8 [&>select]:pr-7 [&>select]:pl-2.5 md:[&>select]:text-xs [&>svg]:top-2 [&>svg]:right-2">
          <option value="all">{t("All")}</option>
          <option value="failed">{t("Failed")}</option>
          <option value="sockets">{t("WebSocket")}</option>
        </Select>
        <Tooltip text={pauseLabel}>
          <Button variant="ghost" size="icon-sm" aria-label={pauseLabel} onClick={() => setPaused(!paused)}>
            {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
          </Button>
        </Tooltip>
        <Tooltip text={t("Clear the list")}>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={t("Clear the list")}
            onClick={() => {
              clear();
              setSelected(undefined);
            }}
          >
            <Ban aria-hidden />
          </Button>
        </Tooltip>
      </div>
      <p role="status" className="sr-only">
        {shown && tn("{n} request", "{n} requests", shown.length)}
      </p>
      {error !== undefined && requests && (
        <Notice live className="m-2 shrink-0">
          {t("New requests do not come at the moment.")} {sentence(error)}
        </Notice>
      )}
      {error !== undefined && !requests && (
        <div className="p-3">
          <LoadError error={error} onRetry={() => setAgain(again + 1)} />
        </div>
      )}
      {!requests && error === undefined && <Loading />}
      {shown && (
        <div className="flex min-h-0 flex-1 flex-col">
          <div className={open ? "max-h-[45%] shrink-0 overflow-y-auto border-b border-border" : "min-h-0 flex-1 overflow-y-auto"}>
            {shown.length > 0 ? (
              <RequestList requests={shown} selected={selected} onSelect={setSelected} rows={rows} />
            ) : (
              <p className="mx-auto max-w-sm px-6 py-10 text-center text-sm text-balance text-muted-foreground">
                {requests && requests.length > 0
                  ? t("No request matches the filter.")
                  : paused
                    ? t("Paused. Requests that come now are shown when you go on.")
                    : t("No requests yet. They are recorded while this is open: use the page, or let somebody use it.")}
              </p>
            )}
          </div>
          {open && (
            <div className="min-h-0 flex-1 overflow-y-auto bg-background">
              <RequestDetails
                key={open.id}
                workspaceId={workspaceId}
                port={port}
                request={open}
                onClose={close}
                onReplayed={(made) => {
                  add(made);
                  setSelected(made.id);
                }}
              />
            </div>
          )}
        </div>
      )}
    </div>
  );
}
