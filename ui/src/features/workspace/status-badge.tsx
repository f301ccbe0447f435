import type { WorkspaceStatus } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { pausedLook, statuses } from "./status";

interface StatusBadgeProps {
  status: WorkspaceStatus;
  /** It runs, and stands still until somebody comes. */
  paused?: boolean;
}

export function StatusBadge({ status, paused = false }: StatusBadgeProps) {
  const { label, dot, moving } = paused ? pausedLook : statuses[status];
  return (
    <Badge className="bg-transparent text-foreground">
      <span aria-hidden className={cn("size-2 rounded-full", dot, moving && "animate-pulse")} />
      {t(label)}
    </Badge>
  );
}
