import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, Eye } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { ConnectionBadge } from "@/features/live/connection-badge";
import { may, rightOf } from "@/features/sharing/rights";
import { ShareButton } from "@/features/sharing/share-button";
import { StatusBadge } from "@/features/workspace/status-badge";
import { t } from "@/i18n/t";
import { exact } from "@/lib/format";

/** Whose workspace it is, and that nothing on the page changes it. */
export function ReviewBar({ workspace }: { workspace: Workspace }) {
  const navigate = useNavigate();
  const { id, name, status } = workspace;
  const { owner, rightUntil } = workspace;
  const mine = rightOf(workspace) === "owner";
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-border bg-surface px-2 sm:gap-3 sm:px-3">
      <Tooltip text={t("All workspaces")}>
        <Button asChild variant="ghost" size="icon-sm">
          <Link to="/" aria-label={t("All workspaces")}>
            <ArrowLeft aria-hidden />
          </Link>
        </Button>
      </Tooltip>
      <div className="min-w-0">
        <h1 title={name} className="truncate text-sm leading-5 font-medium">
          {name}
        </h1>
        {!mine && owner && (
          <p title={owner.email} className="truncate text-xs leading-4 text-muted-foreground">
            {rightUntil
              ? t("shared by {name} until {time}", { name: owner.name || owner.email, time: exact(rightUntil) })
              : t("shared by {name}", { name: owner.name || owner.email })}
          </p>
        )}
      </div>
      <span role="status" className="contents">
        <StatusBadge status={status} />
      </span>
      <Badge className="max-sm:hidden">
        <Eye aria-hidden className="size-3.5" /> {t("Read-only")}
      </Badge>
      <div className="ml-auto flex shrink-0 items-center gap-1">
        <ConnectionBadge />
        <ShareButton workspace={workspace} onLeft={() => void navigate({ to: "/" })} />
        {may(workspace, "use") && (
          <Button asChild variant="outline" size="sm">
            <Link to="/w/$id" params={{ id }}>
              {t("Open")}
            </Link>
          </Button>
        )}
      </div>
    </header>
  );
}
