import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

/** Stands in for a part of a page that could not be loaded. */
export function LoadError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <Notice variant="danger" live>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <span>{sentence(error)}</span>
        <Button variant="outline" size="sm" onClick={onRetry}>
          {t("Try again")}
        </Button>
      </div>
    </Notice>
  );
}
