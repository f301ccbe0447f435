import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

interface SaveBarProps {
  /** Why it cannot be saved as it is. */
  blocked?: string;
  busy: boolean;
  error: unknown;
  onSave: () => void;
  onDiscard: () => void;
}

/** Stays in sight as long as there are unsaved changes. */
export function SaveBar({ blocked, busy, error, onSave, onDiscard }: SaveBarProps) {
  return (
    <Card className="sticky bottom-4 z-20 grid grid-cols-1 gap-3 p-4 shadow-lg">
      {error != null && (
        <Notice variant="danger" live>
          {sentence(error)}
        </Notice>
      )}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p id="save-state" className="text-sm">
          <span className="font-medium">{t("Unsaved changes.")}</span> {blocked && <span className="text-muted-foreground">{blocked}</span>}
        </p>
        <div className="flex gap-2">
          <Button variant="outline" onClick={onDiscard}>
            {t("Discard")}
          </Button>
          <Button onClick={onSave} busy={busy} disabled={blocked !== undefined} aria-describedby="save-state">
            {t("Save")}
          </Button>
        </div>
      </div>
    </Card>
  );
}
