import { useQuery } from "@tanstack/react-query";
import { useMe } from "@/api/queries/me";
import { sharedWorkspacesQuery, workspacesQuery } from "@/api/queries/workspaces";
import { usePollMs } from "@/features/live/connection";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { DashboardView } from "./dashboard-view";

export function DashboardPage() {
  useTitle(t("Workspaces"));
  const { limits } = useMe();
  const refetchInterval = usePollMs();
  const own = useQuery({ ...workspacesQuery, refetchInterval });
  const shared = useQuery({ ...sharedWorkspacesQuery, refetchInterval });
  return (
    <DashboardView
      own={own.data}
      shared={shared.data ?? []}
      limit={limits.maxWorkspaces}
      error={own.error ?? shared.error}
      onRetry={() => {
        void own.refetch();
        void shared.refetch();
      }}
    />
  );
}
