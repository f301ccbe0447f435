import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Problem } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { workspaceQuery } from "@/api/queries/workspaces";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { MessagePage } from "@/components/layout/message-page";
import { Button } from "@/components/ui/button";
import { usePollMs } from "@/features/live/connection";
import { rightOf } from "@/features/sharing/rights";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { useChatsState, useWaitingIcon } from "./use-waiting";
import { WorkspaceView } from "./workspace-view";

const route = getRouteApi("/app/w/$id");

export function WorkspacePage() {
  const { id } = route.useParams();
  const { embedEditor } = useMe();
  const navigate = useNavigate();
  const pollMs = usePollMs();
  const workspace = useQuery({ ...workspaceQuery(id), refetchInterval: pollMs });
  const chats = useChatsState(id, workspace.data !== undefined);
  const name = workspace.data?.name ?? t("Workspace");
  useTitle(chats.waiting ? t("Waiting for you: {name}", { name }) : name);
  useWaitingIcon(chats.waiting);

  if (workspace.error instanceof Problem && workspace.error.status === 404) {
    return (
      <MessagePage
        title={t("There is no such workspace")}
        action={
          <Button asChild>
            <Link to="/">{t("Go to your workspaces")}</Link>
          </Button>
        }
      >
        {t("It was deleted, or it is not yours.")}
      </MessagePage>
    );
  }
  if (workspace.data && rightOf(workspace.data) === "view") return <ToReview id={id} />;
  if (workspace.data) {
    return <WorkspaceView key={id} workspace={workspace.data} embedEditor={embedEditor} chats={chats} onGone={() => navigate({ to: "/" })} />;
  }
  if (workspace.error) {
    return (
      <main className="mx-auto max-w-lg p-6">
        <LoadError error={workspace.error} onRetry={workspace.refetch} />
      </main>
    );
  }
  return <Loading />;
}

/** Whoever may only look gets the page for that. */
function ToReview({ id }: { id: string }) {
  const navigate = useNavigate();
  useEffect(() => void navigate({ to: "/w/$id/review", params: { id }, replace: true }), [navigate, id]);
  return <Loading />;
}
