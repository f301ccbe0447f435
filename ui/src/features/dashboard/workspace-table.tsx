import { type RefCallback, useSyncExternalStore } from "react";
import type { Workspace } from "@/api/types";
import { Table } from "@/components/ui/table";
import type { Selection, Sort } from "@/components/ui/table-types";
import { useCompact } from "@/components/ui/use-compact";
import { t } from "@/i18n/t";
import { CompactRow, dashboardColumns } from "./columns";

interface WorkspaceTableProps {
  workspaces: Workspace[];
  /** Some are of others. */
  owners: boolean;
  sort: Sort;
  onSort: (by: string) => void;
  selection: Selection | undefined;
  watch: RefCallback<HTMLElement>;
}

const compactRow = (workspace: Workspace) => <CompactRow workspace={workspace} />;

// From here on there is room for what is measured.
const roomy = "(min-width: 64rem)";
const subscribe = (notify: () => void) => {
  const query = matchMedia(roomy);
  query.addEventListener("change", notify);
  return () => query.removeEventListener("change", notify);
};

export function WorkspaceTable({ workspaces, owners, sort, onSort, selection, watch }: WorkspaceTableProps) {
  const compact = useCompact();
  const isRoomy = useSyncExternalStore(subscribe, () => matchMedia(roomy).matches);
  return (
    <Table
      label={t("Workspaces")}
      rows={workspaces}
      total={workspaces.length}
      keyOf={(w) => w.id}
      nameOf={(w) => w.name}
      columns={dashboardColumns({ roomy: isRoomy, owners })}
      compact={compact ? compactRow : undefined}
      sort={sort}
      onSort={onSort}
      selection={selection}
      isFaded={(w) => Boolean(w.deletesAt)}
      rowRef={watch}
    />
  );
}
