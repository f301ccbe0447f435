import { toast } from "sonner";
import { sentence } from "@/api/problem";
import { type Order, useOrderWorkspace } from "@/api/queries/workspaces";

const verbs: Record<Order, string> = { start: "start", stop: "stop", restart: "restart" };

/** Starts, stops and restarts one workspace, and says so when that was refused. */
export function useOrders(workspace: { id: string; name: string }) {
  const mutation = useOrderWorkspace(workspace.id);
  const give = (order: Order) =>
    mutation.mutate(order, {
      onError: (error) => toast.error(`Could not ${verbs[order]} ${workspace.name}`, { description: sentence(error) }),
    });
  return { give, pending: mutation.isPending ? mutation.variables : undefined };
}
