import { t } from "@/i18n/t";
import { duration } from "@/lib/format";
import { offeredEnds } from "./ends";

/** The choices of how long to share, for a select. */
export function EndOptions() {
  return (
    <>
      <option value="">{t("No end")}</option>
      {offeredEnds.map((seconds) => (
        <option key={seconds} value={seconds}>
          {t("For {time}", { time: duration(seconds) })}
        </option>
      ))}
    </>
  );
}
