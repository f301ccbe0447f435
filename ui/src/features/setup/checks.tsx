import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { setupQuery } from "@/api/queries/setup";
import { LoadError } from "@/components/layout/load-error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { t, tn } from "@/i18n/t";
import { CheckRow } from "./check-row";

/** What the installation stands on, looked at while the administrator watches. */
export function Checks() {
  const setup = useQuery(setupQuery);
  const checks = setup.data?.checks;
  const wrong = checks?.filter((check) => !check.ok).length ?? 0;
  return (
    <Card className="grid content-start gap-1 p-5">
      <div className="flex min-h-8 items-center justify-between gap-3">
        <h2 className="font-medium">{t("This installation")}</h2>
        {wrong > 0 && (
          <Button variant="outline" size="sm" busy={setup.isFetching} onClick={() => void setup.refetch()}>
            {!setup.isFetching && <RotateCw aria-hidden />} {t("Check again")}
          </Button>
        )}
      </div>
      <p role="status" className="text-sm text-muted-foreground">
        {!checks && !setup.error && t("Looking…")}
        {checks && (wrong === 0 ? t("Everything is in order.") : tn("{n} thing needs your attention.", "{n} things need your attention.", wrong))}
      </p>
      {setup.error && <LoadError error={setup.error} onRetry={setup.refetch} />}
      <ul className="divide-y divide-border">
        {checks?.map((check) => (
          <CheckRow key={check.name} check={check} />
        ))}
        {!checks &&
          !setup.error &&
          [0, 1, 2].map((n) => (
            <li key={n} aria-hidden className="flex gap-3 py-3">
              <Skeleton className="size-5 rounded-full" />
              <div className="grid flex-1 gap-1.5">
                <Skeleton className="h-4 w-28" />
                <Skeleton className="h-4 w-48 max-w-full" />
              </div>
            </li>
          ))}
      </ul>
    </Card>
  );
}
