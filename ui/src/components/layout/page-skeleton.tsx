import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";

/** Where a page will be, while its code is fetched: a heading and what is below it. */
export function PageSkeleton() {
  return (
    <div role="status" className="mx-auto w-full max-w-6xl">
      <span className="sr-only">{t("Loading")}</span>
      <Skeleton className="h-8 w-48" />
      <Skeleton className="mt-3 h-4 w-80 max-w-full" />
      <Skeleton className="mt-8 h-40 rounded-2xl" />
      <Skeleton className="mt-6 h-40 rounded-2xl" />
    </div>
  );
}
