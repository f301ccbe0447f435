import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";

export function TemplatesSkeleton() {
  return (
    <div role="status" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      <span className="sr-only">{t("Loading templates")}</span>
      {[0, 1, 2, 3, 4, 5].map((n) => (
        <Card key={n} className="grid gap-3 p-5">
          <div className="flex items-center gap-3">
            <Skeleton className="size-10 rounded-xl" />
            <Skeleton className="h-5 w-32" />
          </div>
          <Skeleton className="h-4 w-full" />
          <Skeleton className="mt-2 h-8 w-16" />
        </Card>
      ))}
    </div>
  );
}
