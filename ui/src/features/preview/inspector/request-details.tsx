import { useQuery } from "@tanstack/react-query";
import { RotateCw, X } from "lucide-react";
import { useState } from "react";
import { sentence } from "@/api/problem";
import { portRequestQuery, replayPortRequest } from "@/api/queries/port-requests";
import type { Inspected, InspectedRequest } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { exact } from "@/lib/format";
import { clock, size, time } from "./amounts";
import { Body } from "./body";
import { Headers } from "./headers";

interface RequestDetailsProps {
  workspaceId: string;
  port: number;
  request: Inspected;
  onClose: () => void;
  /** The request that a replay made. */
  onReplayed: (request: InspectedRequest) => void;
}

/** All that is known of one request, and the way to send it once more. */
export function RequestDetails({ workspaceId, port, request, onClose, onReplayed }: RequestDetailsProps) {
  const details = useQuery(portRequestQuery(workspaceId, port, request.id, request.open === true));
  const [replaying, setReplaying] = useState(false);
  const [fault, setFault] = useState<string>();
  const incomplete = details.data?.requestBody.truncated === true;
  const replay = async () => {
    setReplaying(true);
    setFault(undefined);
    try {
      onReplayed(await replayPortRequest(workspaceId, port, request.id));
    } catch (error) {
      setFault(sentence(error));
    } finally {
      setReplaying(false);
    }
  };
  return (
    <section aria-label={t("Details of the request")} className="grid grid-cols-1 gap-4 p-3 text-sm">
      <div className="flex items-start gap-2">
        <h3 className="min-w-0 flex-1 pt-1 font-mono text-xs font-medium break-all">
          {request.method} {request.path}
        </h3>
        {!request.socket && (
          <Button variant="outline" size="sm" busy={replaying} disabled={!details.data || incomplete} onClick={() => void replay()}>
            {!replaying && <RotateCw aria-hidden />} {t("Send again")}
          </Button>
        )}
        <Button variant="ghost" size="icon-sm" aria-label={t("Close the details")} onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      {incomplete && <p className="text-muted-foreground">{t("It cannot be sent again: its body was too large to be kept whole.")}</p>}
      {fault && (
        <Notice variant="danger" live>
          {fault}
        </Notice>
      )}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs [&_dd]:tabular-nums [&_dt]:text-muted-foreground">
        <dt>{t("Status")}</dt>
        <dd>{request.status || (request.open ? t("No answer yet") : t("No answer came"))}</dd>
        <dt>{t("Came at")}</dt>
        <dd>
          <time dateTime={request.time} title={exact(request.time)}>
            {clock(request.time)}
          </time>
        </dd>
        <dt>{t("Took")}</dt>
        <dd>{request.open ? t("{time} so far, still open", { time: time(request.ms) }) : time(request.ms)}</dd>
        <dt>{t("Size")}</dt>
        <dd>{t("{sent} sent, {received} received", { sent: size(request.requestBytes), received: size(request.responseBytes) })}</dd>
      </dl>
      {details.error && <LoadError error={details.error} onRetry={() => void details.refetch()} />}
      {!details.data && !details.error && (
        <div role="status" className="grid gap-2">
          <span className="sr-only">{t("Loading the request")}</span>
          <Skeleton className="h-4 w-40" />
          <Skeleton className="h-24" />
        </div>
      )}
      {details.data && (
        <>
          <Headers title={t("Headers of the request")} headers={details.data.requestHeaders} />
          <Body title={t("Body of the request")} body={details.data.requestBody} />
          <Headers title={t("Headers of the answer")} headers={details.data.responseHeaders} />
          <Body title={t("Body of the answer")} body={details.data.responseBody} />
        </>
      )}
    </section>
  );
}
