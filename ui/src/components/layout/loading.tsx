import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";

export function Loading() {
  return (
    <div role="status" className="grid min-h-[60dvh] place-items-center text-muted-foreground">
      <Spinner className="size-6" />
      <span className="sr-only">{t("Loading")}</span>
    </div>
  );
}
