import { useQuery } from "@tanstack/react-query";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { sessionsQuery, useRevokeSession } from "@/api/queries/sessions";
import { LoadError } from "@/components/layout/load-error";
import { Row, RowList } from "@/components/layout/row-list";
import { Section } from "@/components/layout/section";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tr } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { deviceName } from "@/lib/user-agent";

export function SessionsSection() {
  const now = useNow();
  const sessions = useQuery(sessionsQuery);
  const revoke = useRevokeSession();
  const signOut = (id: string) =>
    revoke.mutate(id, {
      onSuccess: () => toast.success(t("Signed out there")),
      onError: (error) => toast.error(sentence(error)),
    });
  return (
    <Section anchor="sessions" title={t("Sessions")} description={t("Where you are signed in. Signing one out closes its open editors within seconds.")}>
      {sessions.isPending && <Skeleton className="h-28" />}
      {sessions.isError && <LoadError error={sessions.error} onRetry={sessions.refetch} />}
      {sessions.data && (
        <RowList>
          {sessions.data.map((session) => (
            <Row
              key={session.id}
              title={deviceName(session.userAgent)}
              fullTitle={session.userAgent}
              badges={session.current && <Badge variant="accent">{t("This browser")}</Badge>}
              details={
                <>
                  {session.address} · {tr("seen {when}", { when: <time dateTime={session.lastSeenAt} title={exact(session.lastSeenAt)}>{ago(session.lastSeenAt, now)}</time> })}
                </>
              }
              action={
                !session.current && (
                  <Button
                    variant="outline"
                    size="sm"
                    busy={revoke.isPending && revoke.variables === session.id}
                    onClick={() => signOut(session.id)}
                    aria-label={t("Sign out {device} at {address}", { device: deviceName(session.userAgent), address: session.address })}
                  >
                    {t("Sign out")}
                  </Button>
                )
              }
            />
          ))}
        </RowList>
      )}
    </Section>
  );
}
