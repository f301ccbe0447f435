import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Problem } from "@/api/problem";
import { workspaceQuery } from "@/api/queries/workspaces";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { MessagePage } from "@/components/layout/message-page";
import { Button } from "@/components/ui/button";
import { usePollMs } from "@/features/live/connection";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { ReviewView } from "./review-view";

const route = getRouteApi("/app/w/$id/review");

/** A workspace to read: its chats, what is changed in it, and its files. */
export function ReviewPage() {
  const { id } = route.useParams();
  const pollMs = usePollMs();
  const workspace = useQuery({ ...workspaceQuery(id), refetchInterval: pollMs });
  useTitle(workspace.data ? t("Review of {name}", { name: workspace.data.name }) : t("Review"));

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
        {t("It was deleted, or it is not shared with you any more.")}
      </MessagePage>
    );
  }
  if (workspace.data) return <ReviewView key={id} workspace={workspace.data} />;
  if (workspace.error) {
    return (
      <main className="mx-auto max-w-lg p-6">
        <LoadError error={workspace.error} onRetry={workspace.refetch} />
      </main>
    );
  }
  return <Loading />;
}
