import type { AdminUser } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { t } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { count, usd } from "./amounts";
import { UserMenu } from "./user-menu";

const cell = "block px-4 md:table-cell md:py-3 md:align-top";

/** One account. On a narrow page its figures stand below its name, each with its heading. */
export function UserRow({ user }: { user: AdminUser }) {
  const now = useNow();
  const { name, email, admin, suspended, providers, workspaces, maxWorkspaces, spentToday, budget, lastSeenAt } = user;
  return (
    <tr className="relative block py-3 md:table-row md:py-0">
      <th scope="row" className={`${cell} text-left font-normal max-md:pr-14 md:w-2/5 md:max-w-0`}>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span title={name || email} className="max-w-full truncate font-medium">
            {name || email}
          </span>
          {admin && <Badge variant="accent">{t("Administrator")}</Badge>}
          {suspended && <Badge variant="danger">{t("Suspended")}</Badge>}
        </span>
        {name && (
          <span title={email} className="block truncate text-muted-foreground">
            {email}
          </span>
        )}
        {providers.length > 0 && <span className="block truncate text-muted-foreground">{t("Signs in with {ways}", { ways: providers.join(", ") })}</span>}
      </th>
      <td className={cell}>
        <span className="text-muted-foreground md:hidden">{t("Workspaces")} </span>
        <span className="whitespace-nowrap tabular-nums">{maxWorkspaces === null ? count(workspaces) : t("{n} of {most}", { n: count(workspaces), most: count(maxWorkspaces) })}</span>
      </td>
      <td className={cell}>
        <span className="text-muted-foreground md:hidden">{t("Agent, today")} </span>
        <span className="whitespace-nowrap tabular-nums">{spent(spentToday, budget)}</span>
      </td>
      <td className={cell}>
        <span className="text-muted-foreground md:hidden">{t("Seen")} </span>
        <span className="whitespace-nowrap">
          {lastSeenAt ? (
            <time dateTime={lastSeenAt} title={exact(lastSeenAt)}>
              {ago(lastSeenAt, now)}
            </time>
          ) : (
            t("never")
          )}
        </span>
      </td>
      <td className={`${cell} text-right max-md:absolute max-md:top-2 max-md:right-2 max-md:px-0 md:w-14`}>
        <UserMenu user={user} />
      </td>
    </tr>
  );
}

function spent(today: number | null, budget: number | null): string {
  const amount = today === null ? t("not known") : usd(today);
  return budget === null ? amount : t("{n} of {most}", { n: amount, most: usd(budget) });
}
