import type { Token } from "@/api/types";
import { ago, day, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";

export function TokenDetails({ token }: { token: Token }) {
  const now = useNow();
  const { prefix, expiresAt, lastUsedAt } = token;
  const expired = expiresAt !== null && Date.parse(expiresAt) <= now;
  return (
    <>
      <code className="font-mono text-xs">{prefix}…</code>
      {" · "}
      {lastUsedAt ? (
        <>
          used <time dateTime={lastUsedAt} title={exact(lastUsedAt)}>{ago(lastUsedAt, now)}</time>
        </>
      ) : (
        "never used"
      )}
      {" · "}
      {expiresAt === null ? (
        "does not expire"
      ) : (
        <time dateTime={expiresAt} title={exact(expiresAt)} className={expired ? "text-danger-text" : undefined}>
          {expired ? "expired" : "expires"} {day(expiresAt)}
        </time>
      )}
    </>
  );
}
