import type { Workspace } from "@/api/types";
import { t, tr } from "@/i18n/t";
import { ago, exact, until } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { usedBy } from "./usage-text";

/** Why it is on, when it was used last, and when it will stop by itself. */
export function UsageLine({ workspace }: { workspace: Pick<Workspace, "status" | "activity" | "lastActiveAt" | "stopsAt"> }) {
  const now = useNow();
  const { status, activity, lastActiveAt, stopsAt } = workspace;
  if (status === "RUNNING" && activity.length > 0) return <p>{usedBy(activity)}</p>;
  return (
    <>
      {lastActiveAt ? (
        <p>
          {tr("Used {when}", {
            when: (
              <time dateTime={lastActiveAt} title={exact(lastActiveAt)}>
                {ago(lastActiveAt, now)}
              </time>
            ),
          })}
        </p>
      ) : (
        <p>{t("Not used yet")}</p>
      )}
      {status === "RUNNING" && stopsAt && (
        <p title={t("It stops by itself when nobody uses it until then. Files stay.")}>
          {tr("Stops {when} if unused", {
            when: (
              <time dateTime={stopsAt} title={exact(stopsAt)}>
                {Date.parse(stopsAt) > now ? until(stopsAt, now) : t("soon")}
              </time>
            ),
          })}
        </p>
      )}
    </>
  );
}
