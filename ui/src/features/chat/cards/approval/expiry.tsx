import { t } from "@/i18n/t";
import { until } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** When the answer comes too late, RFC 3339. */
export function Expiry({ at }: { at: string }) {
  const now = useNow();
  const time = Date.parse(at);
  if (!Number.isFinite(time)) return null;
  return <span className="text-xs text-muted-foreground">{time > now ? t("Counts as refused {when}", { when: until(at, now) }) : t("The time to answer is over")}</span>;
}
