import { Problem, sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { SettingsLink } from "./settings-link";

/** Why an order was refused, until that was read. */
export function Refusal({ problem, onRead }: { problem: Error; onRead: () => void }) {
  return (
    <Notice variant="danger" live className="mx-3 mb-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span>{sentence(problem)}</span>
        {problem instanceof Problem && <SettingsLink code={problem.code} />}
        <Button variant="outline" size="sm" onClick={onRead}>
          {t("OK")}
        </Button>
      </div>
    </Notice>
  );
}
