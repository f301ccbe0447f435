import type { AdminWorkspaces } from "@/api/types";
import type { Column } from "@/components/ui/table-types";
import { Used } from "@/features/dashboard/columns";
import { GoingLine } from "@/features/dashboard/going-line";
import { describe } from "@/features/workspace/size";
import { StatusBadge } from "@/features/workspace/status-badge";
import { t } from "@/i18n/t";
import { day, exact } from "@/lib/format";

type Row = AdminWorkspaces["items"][number];

/** What administrators see of a workspace. They may not open it, so its name is no link. */
export function adminColumns(onKept: () => void): Column<Row>[] {
  return [
    { id: "name", title: t("Name"), width: "minmax(0,2fr)", sortable: true, cell: (w) => <NameCell workspace={w} /> },
    { id: "owner", title: t("Owner"), width: "minmax(0,1.6fr)", sortable: true, cell: ({ owner }) => <OwnerCell owner={owner} /> },
    { id: "status", title: t("Status"), width: "9rem", sortable: true, cell: (w) => <StatusCell workspace={w} onKept={onKept} /> },
    { id: "memory", title: t("Size"), width: "minmax(0,1.1fr)", sortable: true, cell: (w) => <span className="block truncate text-muted-foreground">{describe(w)}</span> },
    {
      id: "lastActiveAt",
      title: t("Used"),
      width: "minmax(0,1fr)",
      sortable: true,
      cell: (w) => (
        <span className="block truncate text-muted-foreground">
          <Used workspace={w} />
        </span>
      ),
    },
    {
      id: "createdAt",
      title: t("Created"),
      width: "minmax(0,1fr)",
      sortable: true,
      cell: ({ createdAt }) => (
        <time dateTime={createdAt} title={exact(createdAt)} className="block truncate text-muted-foreground">
          {day(createdAt)}
        </time>
      ),
    },
  ];
}

function NameCell({ workspace: { name, status, statusReason } }: { workspace: Row }) {
  return (
    <div className="grid min-w-0 grid-cols-1">
      <span title={name} className="truncate font-medium">
        {name}
      </span>
      {status === "ERROR" && statusReason && (
        <span title={statusReason} className="truncate text-xs text-danger-text">
          {statusReason}
        </span>
      )}
    </div>
  );
}

function OwnerCell({ owner }: { owner: Row["owner"] }) {
  return (
    <div className="grid min-w-0 grid-cols-1">
      <span title={owner.name} className="truncate">
        {owner.name || owner.email || t("Unknown")}
      </span>
      {owner.name && (
        <span title={owner.email} className="truncate text-xs text-muted-foreground">
          {owner.email}
        </span>
      )}
    </div>
  );
}

function StatusCell({ workspace, onKept }: { workspace: Row; onKept: () => void }) {
  return workspace.deletesAt ? <GoingLine workspace={workspace} deletesAt={workspace.deletesAt} small onKept={onKept} /> : <StatusBadge status={workspace.status} paused={workspace.paused} />;
}

/** The same in two lines. */
export function adminCompactRow(workspace: Row) {
  const { name, owner } = workspace;
  return (
    <div className="grid min-w-0 grid-cols-1 gap-1">
      <div className="flex min-w-0 items-center justify-between gap-2">
        <span title={name} className="min-w-0 truncate font-medium">
          {name}
        </span>
        <StatusBadge status={workspace.status} paused={workspace.paused} />
      </div>
      <p className="truncate text-xs text-muted-foreground">
        {owner.name || owner.email || t("Unknown")} · {describe(workspace)} · <Used workspace={workspace} />
      </p>
    </div>
  );
}
