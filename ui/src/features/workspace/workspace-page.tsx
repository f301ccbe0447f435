import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Problem } from "@/api/problem";
import { useMe } from "@/api/queries/me";
import { workspaceQuery } from "@/api/queries/workspaces";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { MessagePage } from "@/components/layout/message-page";
import { Button } from "@/components/ui/button";
import { usePollMs } from "@/features/live/connection";
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
  const name = workspace.data?.name ?? "Workspace";
  useTitle(chats.waiting ? `Waiting for you: ${name}` : name);
  useWaitingIcon(chats.waiting);

  if (workspace.error instanceof Problem && workspace.error.status === 404) {
    return (
      <MessagePage
        title="There is no such workspace"
        action={
          <Button asChild>
            <Link to="/">Go to your workspaces</Link>
          </Button>
        }
      >
        It was deleted, or it is not yours.
      </MessagePage>
    );
  }
  if (workspace.data) {
    return <WorkspaceView workspace={workspace.data} embedEditor={embedEditor} chats={chats} onDeleted={() => navigate({ to: "/" })} />;
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
