import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ordersOf } from "@/features/workspace/status";
import { useOrders } from "@/features/workspace/use-orders";

/** The one thing most people want to do with a workspace in this status. */
export function CardAction({ workspace }: { workspace: Workspace }) {
  const { give, pending } = useOrders(workspace);
  const { id, name } = workspace;
  if (ordersOf(workspace).start) {
    return (
      <Button variant="outline" size="sm" busy={pending === "start"} onClick={() => give("start")} aria-label={`Start ${name}`}>
        {pending !== "start" && <Play aria-hidden />} Start
      </Button>
    );
  }
  const running = workspace.status === "RUNNING";
  return (
    <Button asChild size="sm" variant={running ? "primary" : "outline"}>
      <Link to="/w/$id" params={{ id }} aria-label={running ? `Open ${name}` : `Show progress of ${name}`}>
        {running ? "Open" : "Show progress"}
      </Link>
    </Button>
  );
}
