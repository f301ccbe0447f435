import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Direction, type UserSort, usersQuery } from "@/api/queries/admin";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { EmptyRow } from "@/components/layout/row-list";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { msg, t, tn } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { LoadMore } from "./load-more";
import { SearchField } from "./search-field";
import { UserRow } from "./user-row";

const sorts: { name: string; sort: UserSort; order: Direction }[] = [
  { name: msg("By name"), sort: "name", order: "asc" },
  { name: msg("By email"), sort: "email", order: "asc" },
  { name: msg("Seen last"), sort: "lastSeenAt", order: "desc" },
  { name: msg("Newest"), sort: "createdAt", order: "desc" },
];

/** Everybody who has an account, and what they may have. */
export function UsersPage() {
  useTitle(t("Users"));
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(0);
  const { sort, order } = sorts[chosen] ?? { sort: "name", order: "asc" };
  const users = useInfiniteQuery(usersQuery({ sort, order, ...(words && { query: words }) }));
  const shown = users.data?.pages.flatMap((page) => page.items) ?? [];
  const total = users.data?.pages[0]?.total ?? 0;
  return (
    <div>
      <PageHeader title={t("Users")} description={<span role="status">{users.data ? tn("{n} account", "{n} accounts", total) : t("Looking…")}</span>} />
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField label={t("Search users")} placeholder={t("Name or email")} onSearch={setWords} className="min-w-0 flex-1 max-sm:basis-full" />
        <Select aria-label={t("Order")} value={chosen} onChange={(e) => setChosen(Number(e.target.value))} className="w-40 max-sm:w-full">
          {sorts.map(({ name }, n) => (
            <option key={name} value={n}>
              {t(name)}
            </option>
          ))}
        </Select>
      </div>
      {users.isPending && <Skeleton className="h-60" />}
      {users.isError && <LoadError error={users.error} onRetry={users.refetch} />}
      {users.data && shown.length === 0 && <EmptyRow>{words ? t("Nobody has “{words}” in their name or email.", { words }) : t("There is no account.")}</EmptyRow>}
      {shown.length > 0 && (
        <Card>
          <table className="block w-full text-sm md:table">
            <thead className="max-md:sr-only">
              <tr className="border-b border-border text-left text-muted-foreground [&>th]:px-4 [&>th]:py-2.5 [&>th]:font-normal">
                <th scope="col">{t("User")}</th>
                <th scope="col">{t("Workspaces")}</th>
                <th scope="col">{t("Agent, today")}</th>
                <th scope="col">{t("Seen")}</th>
                <th scope="col">
                  <span className="sr-only">{t("Actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody className="block divide-y divide-border md:table-row-group">
              {shown.map((user) => (
                <UserRow key={user.id} user={user} />
              ))}
            </tbody>
          </table>
        </Card>
      )}
      {users.hasNextPage && <LoadMore busy={users.isFetchingNextPage} onMore={() => void users.fetchNextPage()} />}
    </div>
  );
}
