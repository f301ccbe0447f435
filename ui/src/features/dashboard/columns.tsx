import { Link } from "@tanstack/react-router";
import type { Workspace } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import type { Column } from "@/components/ui/table-types";
import { repositoryName } from "@/features/repository/repository-name";
import { rightName, rightOf } from "@/features/sharing/rights";
import { StatusBadge } from "@/features/workspace/status-badge";
import { WorkspaceMenu } from "@/features/workspace/workspace-menu";
import { t } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { CardAction } from "./card-action";
import { useGit } from "./git-glance";
import { nowhereElse } from "./git-text";
import { GoingLine } from "./going-line";
import { SmallMeter } from "./meters";
import { PortLinks } from "./port-links";

type Row = Workspace;

/** The columns of a dashboard, as many as there is room for. */
export function dashboardColumns({ roomy, owners }: { roomy: boolean; owners: boolean }): Column<Row>[] {
  const all: (Column<Row> | false)[] = [
    { id: "name", title: t("Name"), width: "minmax(0,2fr)", sortable: true, cell: (w) => <NameCell workspace={w} /> },
    owners && { id: "owner", title: t("Owner"), width: "minmax(0,1fr)", sortable: true, cell: (w) => <OwnerCell workspace={w} /> },
    { id: "status", title: t("Status"), width: "6.5rem", sortable: true, cell: (w) => <StatusBadge status={w.status} paused={w.paused} /> },
    { id: "code", title: t("Repository"), width: "minmax(0,1.6fr)", sortable: true, cell: (w) => <CodeCell workspace={w} /> },
    roomy && { id: "cpu", title: t("CPU"), width: "5rem", cell: (w) => <SmallMeter workspace={w} of="cpu" /> },
    roomy && { id: "memory", title: t("Memory"), width: "7rem", sortable: true, cell: (w) => <SmallMeter workspace={w} of="memory" /> },
    { id: "lastActiveAt", title: t("Used"), width: "minmax(7rem,0.9fr)", sortable: true, cell: (w) => <UsedCell workspace={w} /> },
    { id: "actions", title: t("Actions"), width: "9rem", quiet: true, cell: (w) => <ActionCell workspace={w} /> },
  ];
  return all.filter((c): c is Column<Row> => c !== false);
}

function NameCell({ workspace }: { workspace: Row }) {
  const { id, name, statusReason, status } = workspace;
  return (
    <div className="grid min-w-0 grid-cols-1">
      <Link to="/w/$id" params={{ id }} title={name} className="truncate rounded py-0.5 font-medium underline-offset-4 hover:underline">
        {name}
      </Link>
      {status === "ERROR" && statusReason && (
        <span title={statusReason} className="truncate text-xs text-danger-text">
          {statusReason}
        </span>
      )}
      <PortLinks workspace={workspace} most={2} small />
    </div>
  );
}

export function OwnerCell({ workspace }: { workspace: Row }) {
  const { owner } = workspace;
  const right = rightOf(workspace);
  if (right === "owner") return <span className="text-muted-foreground">{t("You")}</span>;
  return (
    <span className="grid min-w-0 grid-cols-1">
      <span title={owner?.email} className="truncate">
        {owner?.name || owner?.email || t("Somebody else")}
      </span>
      <span className="truncate text-xs text-muted-foreground">{rightName(right)}</span>
    </span>
  );
}

function CodeCell({ workspace }: { workspace: Row }) {
  const git = useGit(workspace);
  const repo = repositoryName(workspace.githubRepo) || git?.folder || "";
  const branch = git?.branch || workspace.branch;
  const only = git && nowhereElse(git);
  return (
    <div className="grid min-w-0 grid-cols-1">
      <span title={[repo, branch].filter(Boolean).join(", ")} className="truncate">
        {repo || <span className="text-muted-foreground">–</span>}
        {branch && (
          <span className="text-muted-foreground">
            {" · "}
            <bdi>{branch}</bdi>
          </span>
        )}
      </span>
      {only && (
        <span title={only} className="truncate text-xs text-notice-text">
          {only}
        </span>
      )}
    </div>
  );
}

function UsedCell({ workspace }: { workspace: Row }) {
  return (
    <span className="block truncate text-muted-foreground">
      <Used workspace={workspace} />
    </span>
  );
}

export function Used({ workspace }: { workspace: Pick<Row, "status" | "activity" | "lastActiveAt"> }) {
  const now = useNow();
  const { status, activity, lastActiveAt } = workspace;
  if (status === "RUNNING" && activity.length > 0) return t("In use now");
  if (!lastActiveAt) return t("Not used yet");
  return (
    <time dateTime={lastActiveAt} title={exact(lastActiveAt)}>
      {ago(lastActiveAt, now)}
    </time>
  );
}

function ActionCell({ workspace }: { workspace: Row }) {
  const { deletesAt } = workspace;
  return (
    <div className="flex items-center justify-end gap-1">
      {deletesAt ? <GoingLine workspace={workspace} deletesAt={deletesAt} small /> : <CardAction workspace={workspace} small />}
      <WorkspaceMenu workspace={workspace} />
    </div>
  );
}

/** A workspace in two lines, for a telephone. */
export function CompactRow({ workspace }: { workspace: Row }) {
  const { id, name, deletesAt, owner } = workspace;
  const git = useGit(workspace);
  const right = rightOf(workspace);
  const repo = repositoryName(workspace.githubRepo);
  const branch = git?.branch || workspace.branch;
  return (
    <div className="flex items-center gap-2">
      <div className="grid min-w-0 flex-1 grid-cols-1 gap-1">
        <div className="flex min-w-0 items-center gap-2">
          <Link to="/w/$id" params={{ id }} title={name} className="min-w-0 truncate rounded py-0.5 font-medium underline-offset-4 hover:underline">
            {name}
          </Link>
          <StatusBadge status={workspace.status} paused={workspace.paused} />
        </div>
        <p className="flex min-w-0 items-center gap-2 text-xs text-muted-foreground">
          {right !== "owner" && <Badge>{rightName(right)}</Badge>}
          <span className="truncate">
            {[right === "owner" ? "" : (owner?.name || owner?.email || ""), repo, branch].filter(Boolean).join(" · ")}
            {(right !== "owner" || repo || branch) && " · "}
            <Used workspace={workspace} />
          </span>
        </p>
      </div>
      {deletesAt ? <GoingLine workspace={workspace} deletesAt={deletesAt} small /> : null}
      <WorkspaceMenu workspace={workspace} />
    </div>
  );
}
