import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { Problem } from "@/api/problem";
import { workspaceQuery } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { MessagePage } from "@/components/layout/message-page";
import { Button } from "@/components/ui/button";
import { usePollMs } from "@/features/live/connection";
import { rightOf } from "@/features/sharing/rights";
import { StatusBadge } from "@/features/workspace/status-badge";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { AgentRulesSection } from "./agent-rules-section";
import { DangerSection } from "./danger-section";
import { EnvironmentSection } from "./environment-section";
import { GeneralSection } from "./general-section";
import { LinksSection } from "./links-section";
import { PeopleSection } from "./people-section";
import { SizeSection } from "./size-section";
import { VariablesSection } from "./variables-section";

const route = getRouteApi("/app/pages/w/$id/settings");

/** Everything of a workspace that its owner can set, on one page. */
export function WorkspaceSettingsPage() {
  const { id } = route.useParams();
  const pollMs = usePollMs();
  const workspace = useQuery({ ...workspaceQuery(id), refetchInterval: pollMs });
  useTitle(workspace.data ? t("Settings of {name}", { name: workspace.data.name }) : t("Settings"));

  if (workspace.error instanceof Problem && workspace.error.status === 404) return <Gone />;
  if (workspace.data) return rightOf(workspace.data) === "owner" ? <Sections key={id} workspace={workspace.data} /> : <NotYours workspace={workspace.data} />;
  return workspace.error ? <LoadError error={workspace.error} onRetry={workspace.refetch} /> : <Loading />;
}

function Sections({ workspace }: { workspace: Workspace }) {
  const navigate = useNavigate();
  const { id, name, status } = workspace;
  return (
    <div className="mx-auto max-w-3xl">
      <div className="mb-6 grid gap-2">
        <Link to="/w/$id" params={{ id }} className="flex w-fit max-w-full items-center gap-1.5 rounded py-0.5 text-sm text-muted-foreground hover:text-foreground">
          <ArrowLeft aria-hidden className="size-4 shrink-0" /> {t("To the workspace")}
        </Link>
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="max-w-full text-2xl font-semibold tracking-tight break-words">{name}</h1>
          <span role="status" className="contents">
            <StatusBadge status={status} />
          </span>
        </div>
      </div>
      <div className="grid grid-cols-1 gap-6">
        <GeneralSection workspace={workspace} />
        <SizeSection workspace={workspace} />
        <EnvironmentSection workspace={workspace} />
        <VariablesSection workspace={workspace} />
        <PeopleSection workspace={workspace} />
        <LinksSection workspace={workspace} />
        <AgentRulesSection workspaceId={id} />
        <DangerSection workspace={workspace} onDeleted={() => void navigate({ to: "/" })} />
      </div>
    </div>
  );
}

function NotYours({ workspace }: { workspace: Workspace }) {
  const { owner } = workspace as Workspace;
  return (
    <MessagePage
      title={t("Its owner sets this")}
      action={
        <Button asChild>
          <Link to="/w/$id" params={{ id: workspace.id }}>
            {t("To the workspace")}
          </Link>
        </Button>
      }
    >
      {owner?.name ? t("{name} shared this workspace with you, and is the one who can change its settings.", { name: owner.name }) : t("Only the owner of a workspace can change its settings.")}
    </MessagePage>
  );
}

function Gone() {
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
