import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";

export function DashboardSkeleton() {
  return (
    <div role="status" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      <span className="sr-only">{t("Loading workspaces")}</span>
      {[0, 1, 2].map((n) => (
        <Card key={n} className="grid gap-4 p-5">
          <div className="flex justify-between gap-4">
            <Skeleton className="h-5 w-32" />
            <Skeleton className="h-5 w-20 rounded-full" />
          </div>
          <Skeleton className="h-4 w-44" />
          <Skeleton className="h-4 w-36" />
          <Skeleton className="mt-2 h-8 w-20" />
        </Card>
      ))}
    </div>
  );
}
