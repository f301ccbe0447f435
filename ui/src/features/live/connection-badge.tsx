import { useSilentSince } from "@/api/reachable";
import { Badge } from "@/components/ui/badge";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import { useConnection } from "./connection";

/** Silent while all is well; says so when the page may be behind; on a narrow page as a sign at the picture of the user. */
export function ConnectionBadge() {
  // When the server does not answer at all, the banner says so.
  const answers = useSilentSince() === undefined;
  const lost = useConnection() === "lost" && answers;
  return (
    <span role="status">
      {lost && (
        <Badge title={t("Live updates stopped. The page asks every 30 seconds until they are back.")} className="max-sm:pointer-events-none max-sm:absolute max-sm:right-2 max-sm:bottom-1 max-sm:bg-surface max-sm:p-0.5">
          <Spinner className="size-3" />
          <span className="max-sm:sr-only">{t("Reconnecting…")}</span>
        </Badge>
      )}
    </span>
  );
}
