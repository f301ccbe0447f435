import { t } from "@/i18n/t";
import { givable, shareRights } from "./rights";

/** What each right allows. */
export function RightsLegend() {
  return (
    <dl className="grid gap-x-4 gap-y-1 text-sm sm:grid-cols-[max-content_1fr]">
      {givable.map((right) => (
        <div key={right} className="contents">
          <dt className="font-medium max-sm:mt-1">{t(shareRights[right].name)}</dt>
          <dd className="text-muted-foreground">{t(shareRights[right].allows)}</dd>
        </div>
      ))}
    </dl>
  );
}
