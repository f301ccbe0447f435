import { Link } from "@tanstack/react-router";
import { Bot, UserRound } from "lucide-react";
import type { RefCallback } from "react";
import type { Workspace } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Checkbox } from "@/components/ui/checkbox";
import type { Selection } from "@/components/ui/table-types";
import { rightName, rightOf } from "@/features/sharing/rights";
import { describe } from "@/features/workspace/size";
import { StatusBadge } from "@/features/workspace/status-badge";
import { UsageLine } from "@/features/workspace/usage-line";
import { WorkspaceMenu } from "@/features/workspace/workspace-menu";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { CardAction } from "./card-action";
import { GitGlance } from "./git-glance";
import { GoingLine } from "./going-line";
import { Meters } from "./meters";
import { PortLinks } from "./port-links";

interface WorkspaceCardProps {
  workspace: Workspace;
  /** Given the card's element, with the workspace's id in data-id. */
  watch?: RefCallback<HTMLElement>;
  /** Shown while several are being chosen. */
  selection?: Selection;
}

export function WorkspaceCard({ workspace, watch, selection }: WorkspaceCardProps) {
  const { id, name, status, statusReason, activity, owner, deletesAt } = workspace;
  const right = rightOf(workspace);
  return (
    <li ref={watch} data-id={id} className="min-w-0">
      <Card className={cn("flex h-full flex-col gap-4 p-5", deletesAt && "bg-muted grayscale", selection?.has(id) && "border-primary ring-1 ring-primary")}>
        <div className="flex items-start justify-between gap-3">
          <div className="flex min-w-0 items-center gap-2">
            {selection && <Checkbox label={t("Select {name}", { name })} checked={selection.has(id)} onChange={(_, click) => selection.toggle(id, click)} className="-ml-1" />}
            <h3 className="min-w-0 font-medium">
              <Link to="/w/$id" params={{ id }} title={name} className="block truncate rounded underline-offset-4 hover:underline">
                {name}
              </Link>
            </h3>
          </div>
          <StatusBadge status={status} paused={workspace.paused} />
        </div>
        <div className="grid grid-cols-1 gap-0.5 text-sm text-muted-foreground">
          {right !== "owner" && (
            <p className="flex min-w-0 items-center gap-1.5">
              <UserRound aria-hidden className="size-4 shrink-0" />
              <span className="truncate" title={owner?.email}>
                {owner?.name || owner?.email || t("Somebody else")}
              </span>
              <Badge className="ml-auto">{rightName(right)}</Badge>
            </p>
          )}
          <GitGlance workspace={workspace} />
          <UsageLine workspace={workspace} />
          {status !== "RUNNING" && <p>{describe(workspace)}</p>}
          {activity.includes("turn") && (
            <p className="flex items-center gap-1.5">
              <Bot aria-hidden className="size-4 shrink-0" /> {t("Agent at work")}
            </p>
          )}
          {statusReason && status !== "ERROR" && (
            <p className="line-clamp-2 first-letter:uppercase" title={statusReason}>
              {statusReason}
            </p>
          )}
        </div>
        {statusReason && status === "ERROR" && (
          <p title={statusReason} className="line-clamp-4 rounded-lg border border-danger-border bg-danger-soft px-3 py-2 text-sm text-danger-text">
            {statusReason}
          </p>
        )}
        <Meters workspace={workspace} />
        <PortLinks workspace={workspace} />
        <div className="mt-auto flex items-center justify-between gap-2">
          {deletesAt ? <GoingLine workspace={workspace} deletesAt={deletesAt} /> : <CardAction workspace={workspace} />}
          <WorkspaceMenu workspace={workspace} />
        </div>
      </Card>
    </li>
  );
}
