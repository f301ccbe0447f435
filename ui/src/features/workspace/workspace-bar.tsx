import { Link } from "@tanstack/react-router";
import { ArrowLeft, ExternalLink } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { ConnectionBadge } from "@/features/live/connection-badge";
import { PortsButton } from "@/features/ports/ports-button";
import { RepositoryButton } from "@/features/repository/repository-button";
import { ChatToggle } from "./chat-toggle";
import { StatusBadge } from "./status-badge";
import { WorkspaceMenu } from "./workspace-menu";

interface WorkspaceBarProps {
  workspace: Workspace;
  chat: { shown: boolean; waiting: boolean; onToggle: () => void };
  onDeleted: () => void;
}

export function WorkspaceBar({ workspace, chat, onDeleted }: WorkspaceBarProps) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-border bg-surface px-2 sm:gap-3 sm:px-3">
      <Tooltip text="All workspaces">
        <Button asChild variant="ghost" size="icon-sm">
          <Link to="/" aria-label="All workspaces">
            <ArrowLeft aria-hidden />
          </Link>
        </Button>
      </Tooltip>
      <h1 title={workspace.name} className="min-w-0 truncate text-sm font-medium">
        {workspace.name}
      </h1>
      <span role="status" className="contents">
        <StatusBadge status={workspace.status} />
      </span>
      <div className="ml-auto flex items-center gap-1">
        <ConnectionBadge />
        <ChatToggle {...chat} />
        <RepositoryButton workspace={workspace} />
        <PortsButton workspace={workspace} />
        {workspace.status === "RUNNING" && (
          <Button asChild variant="ghost" size="sm" className="max-sm:size-8 max-sm:px-0">
            <a href={workspace.vscodeUrl} target="_blank" rel="noopener" aria-label="Open in own tab">
              <ExternalLink aria-hidden />
              <span className="max-sm:hidden">Open in own tab</span>
            </a>
          </Button>
        )}
        <WorkspaceMenu workspace={workspace} onDeleted={onDeleted} />
      </div>
    </header>
  );
}
