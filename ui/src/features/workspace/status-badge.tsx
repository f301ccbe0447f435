import type { WorkspaceStatus } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { statuses } from "./status";

export function StatusBadge({ status }: { status: WorkspaceStatus }) {
  const { label, dot, moving } = statuses[status];
  return (
    <Badge className="bg-transparent text-foreground">
      <span aria-hidden className={cn("size-2 rounded-full", dot, moving && "animate-pulse")} />
      {t(label)}
    </Badge>
  );
}
