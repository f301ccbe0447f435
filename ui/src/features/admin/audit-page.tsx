import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { auditQuery } from "@/api/queries/admin";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { EmptyRow, RowList } from "@/components/layout/row-list";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { AuditFilters, type AuditSearch } from "./audit-filters";
import { AuditRow } from "./audit-row";
import { beginOf, endOf } from "./day-bounds";
import { LoadMore } from "./load-more";

const route = getRouteApi("/app/pages/admin/audit");

/** Who did what, newest first. What it is narrowed to is in the address. */
export function AuditPage() {
  useTitle(t("Audit log"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { query, action, user } = search;
  const [since, until] = [beginOf(search.since), endOf(search.until)];
  const audit = useInfiniteQuery(auditQuery({ ...(query && { query }), ...(action && { action }), ...(user && { user }), ...(since && { since }), ...(until && { until }) }));
  const shown = audit.data?.pages.flatMap((page) => page.items) ?? [];
  const change = useCallback((changes: AuditSearch) => void navigate({ search: (before) => ({ ...before, ...changes }), replace: true, resetScroll: false }), [navigate]);
  const who = shown.find((record) => record.userId === user)?.userName;
  return (
    <div>
      <PageHeader title={t("Audit log")} description={t("Every privileged act, with who did it and from where. Kept for 90 days.")} />
      <AuditFilters search={search} userName={who} onChange={change} />
      {audit.isPending && <Skeleton className="h-60" />}
      {audit.isError && <LoadError error={audit.error} onRetry={audit.refetch} />}
      {audit.data && shown.length === 0 && !audit.hasNextPage && <EmptyRow>{Object.values(search).some(Boolean) ? t("Nothing was recorded that fits.") : t("Nothing was recorded yet.")}</EmptyRow>}
      {shown.length > 0 && (
        <div className="rounded-lg bg-surface shadow-card">
          <RowList>
            {shown.map((record) => (
              <AuditRow key={record.id} record={record} onUser={() => change({ user: record.userId })} />
            ))}
          </RowList>
        </div>
      )}
      {audit.hasNextPage && <LoadMore busy={audit.isFetchingNextPage} onMore={() => void audit.fetchNextPage()} />}
    </div>
  );
}
