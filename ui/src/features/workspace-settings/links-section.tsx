import { useQuery } from "@tanstack/react-query";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { portLinksQuery, useDeletePortLink } from "@/api/queries/port-links";
import type { PortLink, Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { EmptyRow, Row, RowList } from "@/components/layout/row-list";
import { Section } from "@/components/layout/section";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tn, tr } from "@/i18n/t";
import { ago, exact, until } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** The links that let people without an account open one port. They are made where ports are shown. */
export function LinksSection({ workspace }: { workspace: Workspace }) {
  const links = useQuery(portLinksQuery(workspace.id));
  const end = useDeletePortLink(workspace.id);
  const revoke = (link: PortLink) =>
    end.mutate(link, {
      onSuccess: () => toast.success(t("The link to port {port} is ended", { port: link.port })),
      onError: (error) => toast.error(t("The link to port {port} still works", { port: link.port }), { description: sentence(error) }),
    });
  return (
    <Section title={t("Links")} description={t("Whoever has one opens that one port, without an account, until it ends. You make them where you share a port.")}>
      {links.isPending && <Skeleton className="h-16" />}
      {links.isError && <LoadError error={links.error} onRetry={links.refetch} />}
      {links.data?.length === 0 && <EmptyRow>{t("There are no links.")}</EmptyRow>}
      {links.data && links.data.length > 0 && (
        <RowList>
          {links.data.map((link) => (
            <LinkRow key={link.id} link={link} onEnd={() => revoke(link)} />
          ))}
        </RowList>
      )}
    </Section>
  );
}

function LinkRow({ link, onEnd }: { link: PortLink; onEnd: () => void }) {
  const now = useNow();
  const { port, password, opened, lastOpenedAt } = link;
  const over = Date.parse(link.until) <= now;
  const end = (
    <time dateTime={link.until} title={exact(link.until)}>
      {over ? ago(link.until, now) : until(link.until, now)}
    </time>
  );
  return (
    <Row
      title={t("Port {port}", { port })}
      badges={password && <Badge>{t("Password")}</Badge>}
      details={
        <>
          {over ? tr("ended {end}", { end }) : tr("ends {end}", { end })}
          {" · "}
          {opened === 0 ? t("not opened yet") : tn("opened {n} time", "opened {n} times", opened)}
          {lastOpenedAt && (
            <>
              {" · "}
              {tr("last {time}", {
                time: (
                  <time dateTime={lastOpenedAt} title={exact(lastOpenedAt)}>
                    {ago(lastOpenedAt, now)}
                  </time>
                ),
              })}
            </>
          )}
        </>
      }
      action={
        <Button variant="outline" size="sm" onClick={onEnd} aria-label={over ? t("Remove the link to port {port}", { port }) : t("End the link to port {port}", { port })}>
          {over ? t("Remove") : t("End")}
        </Button>
      }
    />
  );
}
