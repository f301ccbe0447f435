import { useQuery } from "@tanstack/react-query";
import { figuresQuery } from "@/api/queries/admin";
import type { Figures } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tn } from "@/i18n/t";
import { memory } from "@/lib/format";
import { compact, count, milliseconds, perSecond, upFor, usd } from "./amounts";
import { RequestTable } from "./request-table";
import { Tile } from "./tile";

/** What the server measures of itself, renewed every ten seconds. */
export function FiguresSection() {
  const figures = useQuery(figuresQuery);
  return (
    <section aria-labelledby="figures" className="grid grid-cols-1 gap-4">
      <div>
        <h2 id="figures" className="font-semibold">
          {t("At a glance")}
        </h2>
        <p className="text-sm text-muted-foreground">{t("Of the server that answered. Rates are of the last minute, times and lines of the last ten.")}</p>
      </div>
      {figures.isPending && (
        <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
          {[0, 1, 2, 3, 4, 5, 6, 7].map((n) => (
            <Skeleton key={n} className="h-28" />
          ))}
        </div>
      )}
      {figures.isError && <LoadError error={figures.error} onRetry={figures.refetch} />}
      {figures.data && <Tiles figures={figures.data} />}
      {figures.data && figures.data.requests.length > 0 && <RequestTable requests={figures.data.requests} />}
    </section>
  );
}

function Tiles({ figures }: { figures: Figures }) {
  const { workspaces, sockets, startSeconds, history } = figures;
  const all = Object.values(workspaces).reduce((sum, n) => sum + n, 0);
  const running = workspaces.RUNNING ?? 0;
  const failed = workspaces.ERROR ?? 0;
  const open = sockets.ws + sockets.port + sockets.agent + sockets.ui;
  const rate = figures.requests.reduce((sum, r) => sum + r.perSecond, 0);
  const errors = figures.requests.reduce((sum, r) => sum + r.errorsPerSecond, 0);
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Tile
        name={t("Workspaces running")}
        value={count(running)}
        detail={failed > 0 ? t("of {all}, {failed} failed", { all: count(all), failed: count(failed) }) : t("of {all}", { all: count(all) })}
        trend={history.running}
      />
      <Tile name={t("Requests")} value={perSecond(rate)} detail={t("{rate} of them failed", { rate: perSecond(errors) })} trend={history.requestsPerSecond} />
      <Tile name={t("Open connections")} value={count(open)} detail={t("editors {ws}, ports {port}, agents {agent}", { ws: count(sockets.ws), port: count(sockets.port), agent: count(sockets.agent) })} trend={history.sockets} />
      <Tile
        name={t("Time to start")}
        value={startSeconds.count > 0 ? milliseconds(startSeconds.p50 * 1000) : "–"}
        detail={startSeconds.count > 0 ? t("95 % within {time}, {n} starts", { time: milliseconds(startSeconds.p95 * 1000), n: count(startSeconds.count) }) : t("nothing was started yet")}
      />
      <Tile name={t("Agents at work")} value={count(figures.turnsRunning)} detail={t("turns that run now")} />
      <Tile name={t("Spent today")} value={usd(figures.spentToday)} detail={t("{n} tokens", { n: compact(figures.tokensToday) })} />
      <Tile name={t("Ports leased")} value={count(figures.leasesInUse)} detail={t("of {all}", { all: count(figures.leases) })} />
      <Tile name={t("Memory of the server")} value={memory(figures.memoryBytes)} detail={t("{goroutines}, {upFor}", { goroutines: tn("{n} goroutine", "{n} goroutines", figures.goroutines), upFor: upFor(figures.uptimeSeconds) })} />
    </dl>
  );
}
