import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { adminWorkspacesKey, adminWorkspacesQuery } from "@/api/queries/admin-workspaces";
import type { WorkspaceStatus } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { Skeleton } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useSelection } from "@/components/ui/table-selection";
import type { Sort } from "@/components/ui/table-types";
import { useCompact } from "@/components/ui/use-compact";
import { nextSort } from "@/features/dashboard/arrange";
import { BulkBar } from "@/features/dashboard/bulk-bar";
import { NothingFound } from "@/features/dashboard/nothing-found";
import { StatusSelect } from "@/features/dashboard/status-select";
import { t, tn } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { SearchField } from "./search-field";
import { adminColumns, adminCompactRow } from "./workspaces-columns";
import { SortSelect } from "./workspaces-sort-select";

/** The workspaces of everybody: to find one, and to stop or delete what nobody looks after. */
export function WorkspacesPage() {
  useTitle(t("Workspaces"));
  const cache = useQueryClient();
  const compact = useCompact();
  const [query, setQuery] = useState("");
  const [status, setStatus] = useState<WorkspaceStatus | "">("");
  const [sort, setSort] = useState<Sort>({ by: "lastActiveAt", descending: true });
  const [cleared, setCleared] = useState(0);
  const list = useInfiniteQuery(adminWorkspacesQuery({ query, status, sort: sort.by, order: sort.descending ? "desc" : "asc" }));
  const { data, isFetchingNextPage, hasNextPage, fetchNextPage } = list;

  const rows = useMemo(() => {
    // What moved between two pages while they were loaded is there twice.
    const found = new Map(data?.pages.flatMap((page) => page.items).map((w) => [w.id, w]));
    return [...found.values()];
  }, [data]);
  const total = Math.max(data?.pages.at(-1)?.total ?? 0, rows.length);
  const keys = useMemo(() => rows.map((w) => w.id), [rows]);
  const selection = useSelection(keys);
  const chosen = useMemo(() => {
    const ids = new Set(selection.chosen);
    return rows.filter((w) => ids.has(w.id));
  }, [rows, selection.chosen]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const refresh = () => void cache.invalidateQueries({ queryKey: adminWorkspacesKey });
  const showAll = () => {
    setQuery("");
    setStatus("");
    setCleared(cleared + 1);
  };

  return (
    <div>
      <PageHeader title={t("Workspaces")} description={<span role="status">{data ? tn("{n} workspace", "{n} workspaces", total) : t("Looking…")}</span>} />
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField key={cleared} label={t("Search workspaces")} placeholder={t("Name, repository or owner")} onSearch={setQuery} className="min-w-0 flex-1 basis-60" />
        <StatusSelect value={status} onChange={setStatus} className="w-40 max-sm:flex-1" />
        {compact && <SortSelect sort={sort} onSort={setSort} />}
      </div>
      {list.isPending && <Skeleton className="h-96" />}
      {list.isError && (
        <div className="mb-4">
          <LoadError error={list.error} onRetry={() => void (data ? fetchNextPage() : list.refetch())} />
        </div>
      )}
      {data && rows.length === 0 && (query || status ? <NothingFound onClear={showAll} /> : <Nothing />)}
      {rows.length > 0 && (
        <Table
          label={t("Workspaces of everybody")}
          rows={rows}
          total={hasNextPage ? total : rows.length}
          keyOf={(w) => w.id}
          nameOf={(w) => w.name}
          columns={adminColumns(refresh)}
          compact={compact ? adminCompactRow : undefined}
          sort={sort}
          onSort={(by) => setSort(nextSort(sort, by))}
          selection={selection}
          isFaded={(w) => Boolean(w.deletesAt)}
          onEnd={list.isError ? undefined : more}
        />
      )}
      <BulkBar
        chosen={chosen}
        ofOthers
        canStop={(w) => !w.deletesAt && (w.status === "RUNNING" || w.status === "STARTING")}
        canDelete={(w) => !w.deletesAt}
        onClear={selection.clear}
        onChanged={refresh}
      />
    </div>
  );
}

function Nothing() {
  return <p className="rounded-2xl border border-dashed border-input px-6 py-12 text-center text-sm text-muted-foreground">{t("Nobody has a workspace yet.")}</p>;
}
