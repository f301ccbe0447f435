import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useFactsPoll } from "@/api/queries/facts";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { useSelection } from "@/components/ui/table-selection";
import { ordersOf } from "@/features/workspace/status";
import { t, tn } from "@/i18n/t";
import { type Filter, filterWorkspaces, nextSort, sortWorkspaces } from "./arrange";
import { CardGrid } from "./card-grid";
import { DashboardSkeleton } from "./dashboard-skeleton";
import { NothingFound } from "./nothing-found";
import { Toolbar } from "./toolbar";
import { useLook } from "./use-look";
import { useOnScreen } from "./use-on-screen";

const FirstRun = lazy(() => import("@/features/setup/first-run").then((m) => ({ default: m.FirstRun })));
const BulkBar = lazy(() => import("./bulk-bar").then((m) => ({ default: m.BulkBar })));
const WorkspaceTable = lazy(() => import("./workspace-table").then((m) => ({ default: m.WorkspaceTable })));

interface DashboardViewProps {
  /** The user's; undefined until they are loaded. */
  own: Workspace[] | undefined;
  /** Of others. */
  shared: Workspace[];
  limit: number;
  error: unknown;
  onRetry: () => void;
}

const everything: Filter = { text: "", status: "" };

export function DashboardView({ own, shared, limit, error, onRetry }: DashboardViewProps) {
  const [look, changeLook] = useLook();
  const [filter, setFilter] = useState(everything);
  const [selecting, setSelecting] = useState(false);
  const { ids: onScreen, watch } = useOnScreen();
  const { view, sort } = look;

  const all = useMemo(() => [...(own ?? []), ...shared], [own, shared]);
  const found = useMemo(() => {
    const passing = filterWorkspaces(all, filter);
    // Cards keep their places; a table has heads to sort by.
    return view === "table" ? sortWorkspaces(passing, sort) : passing;
  }, [all, filter, view, sort]);
  const keys = useMemo(() => found.map((w) => w.id), [found]);
  const selection = useSelection(keys);
  const chosen = useMemo(() => found.filter((w) => selection.chosen.includes(w.id)), [found, selection.chosen]);
  useFactsPoll(onScreen.filter((id) => all.some((w) => w.id === id && w.status === "RUNNING")));

  const full = own !== undefined && own.length >= limit;
  const used = own && tn("{used} of {n} workspace used", "{used} of {n} workspaces used", limit, { used: own.length });
  const shownSelection = selecting ? selection : undefined;
  const cards = { watch, selection: shownSelection };
  const isShared = new Set(shared.map((w) => w.id));
  const change = (selects: boolean) => {
    setSelecting(selects);
    selection.clear();
  };
  return (
    <>
      <PageHeader
        title={t("Workspaces")}
        description={full ? t("{used}. Delete one you no longer need to make room.", { used: used ?? "" }) : used}
        action={own && own.length > 0 && <NewButton full={full} />}
      />
      {own === undefined && !error && <DashboardSkeleton />}
      {error !== null && error !== undefined && (
        <div className="mb-4">
          <LoadError error={error} onRetry={onRetry} />
        </div>
      )}
      {all.length > 0 && <Toolbar filter={filter} onFilter={setFilter} view={view} onView={(v) => changeLook({ view: v })} selecting={selecting} onSelecting={change} />}
      {own?.length === 0 && filter === everything && (
        <Suspense fallback={<DashboardSkeleton />}>
          <FirstRun />
        </Suspense>
      )}
      {all.length > 0 && found.length === 0 && <NothingFound onClear={() => setFilter(everything)} />}
      {view === "table" && found.length > 0 && (
        <Suspense fallback={<DashboardSkeleton />}>
          <WorkspaceTable workspaces={found} owners={shared.length > 0} sort={sort} onSort={(by) => changeLook({ sort: nextSort(sort, by) })} selection={shownSelection} watch={watch} />
        </Suspense>
      )}
      {view === "cards" && (
        <>
          <CardGrid title={t("Your workspaces")} quiet workspaces={found.filter((w) => !isShared.has(w.id))} {...cards} />
          <CardGrid title={t("Shared with me")} workspaces={found.filter((w) => isShared.has(w.id))} {...cards} />
        </>
      )}
      <Suspense fallback={null}>
        {selecting && <BulkBar chosen={chosen} canStop={(w) => ordersOf(w).stop} canDelete={(w) => ordersOf(w).delete} onClear={() => change(false)} />}
      </Suspense>
    </>
  );
}

function NewButton({ full }: { full: boolean }) {
  const inside = (
    <>
      <Plus aria-hidden /> {t("New workspace")}
    </>
  );
  if (full) return <Button disabled>{inside}</Button>;
  return (
    <Button asChild>
      <Link to="/new">{inside}</Link>
    </Button>
  );
}
