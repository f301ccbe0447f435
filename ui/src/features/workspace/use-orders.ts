import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { type Order, useOrderWorkspace } from "@/api/queries/workspaces";
import { msg, t } from "@/i18n/t";

const failures: Record<Order, string> = {
  start: msg("Could not start {name}"),
  stop: msg("Could not stop {name}"),
  restart: msg("Could not restart {name}"),
};

/** Starts, stops and restarts one workspace, and says so when that was refused. */
export function useOrders(workspace: { id: string; name: string }) {
  const mutation = useOrderWorkspace(workspace.id);
  const give = (order: Order) =>
    mutation.mutate(order, {
      onError: (error) => toast.error(t(failures[order], { name: workspace.name }), { description: sentence(error) }),
    });
  return { give, pending: mutation.isPending ? mutation.variables : undefined };
}
