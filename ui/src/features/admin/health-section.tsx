import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { healthQuery, useFixCheck } from "@/api/queries/admin";
import type { Check } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { CheckRow } from "@/features/setup/check-row";
import { t, tn } from "@/i18n/t";

/** What the installation stands on: what is wrong first, with what helps. */
export function HealthSection() {
  const health = useQuery(healthQuery);
  const checks = health.data?.checks;
  const wrong = checks?.filter((c) => !c.ok) ?? [];
  const fine = checks?.filter((c) => c.ok) ?? [];
  return (
    <Section
      title={t("Health")}
      description={
        <span role="status">
          {!checks && !health.isError && t("Looking…")}
          {checks && (wrong.length === 0 ? t("Everything is in order.") : tn("{n} thing needs your attention.", "{n} things need your attention.", wrong.length))}
        </span>
      }
      action={
        <Button variant="outline" size="sm" busy={health.isFetching} onClick={() => void health.refetch()}>
          {!health.isFetching && <RotateCw aria-hidden />} {t("Check again")}
        </Button>
      }
    >
      {health.isPending && <Skeleton className="h-40" />}
      {health.isError && <LoadError error={health.error} onRetry={health.refetch} />}
      {wrong.length > 0 && (
        <ul aria-label={t("What is wrong")} className="divide-y divide-border">
          {wrong.map((check) => (
            <CheckRow key={check.name} check={check} />
          ))}
        </ul>
      )}
      <Fixes checks={wrong.filter((check) => check.action !== "")} />
      {fine.length > 0 && (
        <details className="group mt-1" open={wrong.length === 0}>
          <summary className="cursor-pointer rounded py-1.5 text-sm font-medium text-muted-foreground hover:text-foreground">{tn("{n} check is fine", "{n} checks are fine", fine.length)}</summary>
          <ul className="grid divide-y divide-border md:grid-cols-2 md:gap-x-8 md:divide-y-0">
            {fine.map((check) => (
              <CheckRow key={check.name} check={check} />
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

/** What the server can mend by itself, if it is told to. */
function Fixes({ checks }: { checks: Check[] }) {
  const fix = useFixCheck();
  if (checks.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2 py-3">
      {checks.map(({ name, title }) => (
        <Button
          key={name}
          size="sm"
          className="h-auto min-h-8 max-w-full shrink py-1.5 text-left whitespace-normal"
          busy={fix.isPending && fix.variables === name}
          onClick={() =>
            fix.mutate(name, {
              onSuccess: ({ check }) => (check.ok ? toast.success(t("{title} is in order again", { title })) : toast.error(t("{title} is still not in order", { title }), { description: check.detail })),
              onError: (error) => toast.error(t("{title} could not be mended", { title }), { description: sentence(error) }),
            })
          }
        >
          {t("Have the server mend it: {title}", { title })}
        </Button>
      ))}
    </div>
  );
}
