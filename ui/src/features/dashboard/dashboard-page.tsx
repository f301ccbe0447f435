import { useQuery } from "@tanstack/react-query";
import { useMe } from "@/api/queries/me";
import { workspacesQuery } from "@/api/queries/workspaces";
import { usePollMs } from "@/features/live/connection";
import { useTitle } from "@/lib/use-title";
import { DashboardView } from "./dashboard-view";

export function DashboardPage() {
  useTitle("Workspaces");
  const { limits } = useMe();
  const list = useQuery({ ...workspacesQuery, refetchInterval: usePollMs() });
  return <DashboardView workspaces={list.data} limit={limits.maxWorkspaces} error={list.error} onRetry={list.refetch} />;
}
