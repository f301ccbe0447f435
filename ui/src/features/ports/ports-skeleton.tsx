import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";

export function PortsSkeleton() {
  return (
    <div role="status" className="grid gap-3 rounded-lg border border-border p-4">
      <span className="sr-only">{t("Loading ports")}</span>
      <Skeleton className="h-5 w-32" />
      <Skeleton className="h-4 w-64 max-w-full" />
      <Skeleton className="h-9" />
    </div>
  );
}
