import { Link } from "@tanstack/react-router";
import { Bot } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Card } from "@/components/ui/card";
import { CodeLine } from "@/features/repository/code-line";
import { UnpushedMark } from "@/features/repository/unpushed-mark";
import { describe } from "@/features/workspace/size";
import { StatusBadge } from "@/features/workspace/status-badge";
import { UsageLine } from "@/features/workspace/usage-line";
import { WorkspaceMenu } from "@/features/workspace/workspace-menu";
import { CardAction } from "./card-action";

export function WorkspaceCard({ workspace }: { workspace: Workspace }) {
  const { id, name, status, statusReason, activity } = workspace;
  return (
    <li className="min-w-0">
      <Card className="flex h-full flex-col gap-4 p-5">
        <div className="flex items-start justify-between gap-3">
          <h2 className="min-w-0 font-medium">
            <Link to="/w/$id" params={{ id }} title={name} className="block truncate rounded underline-offset-4 hover:underline">
              {name}
            </Link>
          </h2>
          <StatusBadge status={status} />
        </div>
        <div className="grid gap-0.5 text-sm text-muted-foreground">
          <CodeLine workspace={workspace} />
          <UsageLine workspace={workspace} />
          <p>{describe(workspace)}</p>
          {activity.includes("turn") && (
            <p className="flex items-center gap-1.5">
              <Bot aria-hidden className="size-4 shrink-0" /> Agent at work
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
        <UnpushedMark workspace={workspace} />
        <div className="mt-auto flex items-center justify-between gap-2">
          <CardAction workspace={workspace} />
          <WorkspaceMenu workspace={workspace} />
        </div>
      </Card>
    </li>
  );
}
