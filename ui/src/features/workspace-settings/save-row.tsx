import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

interface SaveRowProps {
  /** Something differs from what is kept. */
  dirty: boolean;
  busy: boolean;
  /** Why saving was refused, where no field says it. */
  error?: unknown;
}

/** The end of a form on the page. */
export function SaveRow({ dirty, busy, error }: SaveRowProps) {
  return (
    <>
      {error !== undefined && (
        <Notice variant="danger" live>
          {sentence(error)}
        </Notice>
      )}
      <div>
        <Button type="submit" variant="outline" disabled={!dirty} busy={busy}>
          {t("Save")}
        </Button>
      </div>
    </>
  );
}
