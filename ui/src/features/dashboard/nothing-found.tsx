import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";

/** A filter let nothing through. */
export function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <div role="status" className="grid justify-items-center gap-3 rounded-2xl border border-dashed border-input px-6 py-12 text-center text-sm text-muted-foreground">
      <p>{t("No workspace is like that.")}</p>
      <Button variant="outline" size="sm" onClick={onClear}>
        {t("Show all")}
      </Button>
    </div>
  );
}
