import type { Workspace } from "@/api/types";
import { ago, exact, until } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** When it was used last and when it will stop by itself. */
export function UsageLine({ workspace }: { workspace: Workspace }) {
  const now = useNow();
  const { status, activity, lastActiveAt, stopsAt } = workspace;
  if (status === "RUNNING" && activity.length > 0) {
    return <p title={`Kept running by: ${activity.join(", ")}`}>In use now</p>;
  }
  return (
    <>
      {lastActiveAt ? (
        <p>
          Used <time dateTime={lastActiveAt} title={exact(lastActiveAt)}>{ago(lastActiveAt, now)}</time>
        </p>
      ) : (
        <p>Not used yet</p>
      )}
      {status === "RUNNING" && stopsAt && (
        <p title="It stops by itself when nobody uses it until then. Files stay.">
          Stops{" "}
          <time dateTime={stopsAt} title={exact(stopsAt)}>
            {Date.parse(stopsAt) > now ? until(stopsAt, now) : "soon"}
          </time>{" "}
          if unused
        </p>
      )}
    </>
  );
}
