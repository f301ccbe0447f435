import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { Button } from "@/components/ui/button";
import { plural } from "@/lib/format";
import { DashboardSkeleton } from "./dashboard-skeleton";
import { EmptyState } from "./empty-state";
import { WorkspaceCard } from "./workspace-card";

interface DashboardViewProps {
  /** Undefined until they are loaded. */
  workspaces: Workspace[] | undefined;
  limit: number;
  error: unknown;
  onRetry: () => void;
}

export function DashboardView({ workspaces, limit, error, onRetry }: DashboardViewProps) {
  const full = workspaces !== undefined && workspaces.length >= limit;
  const used = workspaces && `${workspaces.length} of ${plural(limit, "workspace")} used`;
  return (
    <>
      <PageHeader
        title="Workspaces"
        description={full ? `${used}. Delete one you no longer need to make room.` : used}
        action={
          workspaces &&
          workspaces.length > 0 &&
          (full ? (
            <Button disabled>
              <Plus aria-hidden /> New workspace
            </Button>
          ) : (
            <NewButton />
          ))
        }
      />
      {workspaces === undefined && !error && <DashboardSkeleton />}
      {error && (
        <div className="mb-4">
          <LoadError error={error} onRetry={onRetry} />
        </div>
      )}
      {workspaces?.length === 0 && <EmptyState action={<NewButton />} />}
      {workspaces && workspaces.length > 0 && (
        <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {workspaces.map((workspace) => (
            <WorkspaceCard key={workspace.id} workspace={workspace} />
          ))}
        </ul>
      )}
    </>
  );
}

function NewButton() {
  return (
    <Button asChild>
      <Link to="/new">
        <Plus aria-hidden /> New workspace
      </Link>
    </Button>
  );
}
