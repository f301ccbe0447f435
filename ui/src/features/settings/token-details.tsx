import type { Token } from "@/api/types";
import { msg, t, tr } from "@/i18n/t";
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
          {tr("used {when}", { when: <time dateTime={lastUsedAt} title={exact(lastUsedAt)}>{ago(lastUsedAt, now)}</time> })}
        </>
      ) : (
        t("never used")
      )}
      {" · "}
      {expiresAt === null ? (
        t("does not expire")
      ) : (
        <time dateTime={expiresAt} title={exact(expiresAt)} className={expired ? "text-danger-text" : undefined}>
          {t(expired ? msg("expired {day}") : msg("expires {day}"), { day: day(expiresAt) })}
        </time>
      )}
    </>
  );
}
