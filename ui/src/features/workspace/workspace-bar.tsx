import { Link } from "@tanstack/react-router";
import { ArrowLeft, ExternalLink, Globe, Keyboard, MessageSquare, ScanEye, SquareTerminal } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { ConnectionBadge } from "@/features/live/connection-badge";
import { PortsButton } from "@/features/ports/ports-button";
import { RepositoryButton } from "@/features/repository/repository-button";
import { may, rightName, rightOf } from "@/features/sharing/rights";
import { ShareButton } from "@/features/sharing/share-button";
import { t } from "@/i18n/t";
import { AgentCost } from "./agent-cost";
import { PaneToggle } from "./pane-toggle";
import type { Pane } from "./panes";
import { keysOf } from "./shortcuts";
import { StatusBadge } from "./status-badge";
import type { ChatsState } from "./use-waiting";
import { WorkspaceMenu } from "./workspace-menu";

interface WorkspaceBarProps {
  workspace: Workspace;
  chats: ChatsState;
  has: Record<Pane, boolean>;
  shows: Record<Pane, boolean>;
  onToggleChat: () => void;
  onTogglePreview: () => void;
  onPreview: (port: number) => void;
  /** Absent while there is no VS Code in the page. */
  onTerminal?: () => void;
  onHelp: () => void;
  /** It is not the user's to see any more. */
  onGone: () => void;
}

export function WorkspaceBar({ workspace, chats, has, shows, onToggleChat, onTogglePreview, onPreview, onTerminal, onHelp, onGone }: WorkspaceBarProps) {
  const right = rightOf(workspace);
  const mayEdit = may(workspace, "edit");
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-border bg-surface px-2 sm:gap-3 sm:px-3">
      <Tooltip text={t("All workspaces")}>
        <Button asChild variant="ghost" size="icon-sm">
          <Link to="/" aria-label={t("All workspaces")}>
            <ArrowLeft aria-hidden />
          </Link>
        </Button>
      </Tooltip>
      <h1 title={workspace.name} className="min-w-0 truncate text-sm font-medium">
        {workspace.name}
      </h1>
      <span role="status" className="contents">
        <StatusBadge status={workspace.status} paused={workspace.paused} />
      </span>
      {right !== "owner" && <Badge className="max-lg:hidden">{rightName(right)}</Badge>}
      <div className="ml-auto flex items-center gap-1">
        <ConnectionBadge />
        {mayEdit && <AgentCost chats={chats.cost} running={chats.running} />}
        {has.chat && <PaneToggle icon={MessageSquare} label={t("Chat")} hint={shows.chat ? t("Hide the chat") : t("Show the chat")} shortcut="chat" shown={shows.chat} onToggle={onToggleChat} waiting={chats.waiting} />}
        {has.preview && has.editor && (
          <PaneToggle icon={Globe} label={t("Preview")} hint={shows.preview ? t("Hide the preview") : t("Show the preview")} shortcut="preview" shown={shows.preview} onToggle={onTogglePreview} />
        )}
        {mayEdit && <RepositoryButton workspace={workspace} />}
        {mayEdit && <PortsButton workspace={workspace} onPreview={onPreview} />}
        {!mayEdit && (
          <Button asChild variant="ghost" size="sm" className="max-sm:px-2">
            <Link to="/w/$id/review" params={{ id: workspace.id }}>
              <ScanEye aria-hidden />
              <span className="max-sm:sr-only">{t("Chats and files")}</span>
            </Link>
          </Button>
        )}
        <span className="max-sm:hidden">
          <ShareButton workspace={workspace} onLeft={onGone} />
        </span>
        {onTerminal && (
          <Tooltip text={`${t("Terminal")} (${keysOf("terminal")})`}>
            <Button variant="ghost" size="icon-sm" aria-label={t("Terminal")} aria-keyshortcuts={keysOf("terminal")} onClick={onTerminal} className="max-md:hidden">
              <SquareTerminal aria-hidden />
            </Button>
          </Tooltip>
        )}
        {workspace.status === "RUNNING" && mayEdit && (
          <Tooltip text={t("Open in own tab")}>
            <Button asChild variant="ghost" size="icon-sm">
              <a href={workspace.vscodeUrl} target="_blank" rel="noopener" aria-label={t("Open in own tab")}>
                <ExternalLink aria-hidden />
              </a>
            </Button>
          </Tooltip>
        )}
        <Tooltip text={`${t("Keyboard shortcuts")} (?)`}>
          <Button variant="ghost" size="icon-sm" aria-label={t("Keyboard shortcuts")} aria-keyshortcuts="?" onClick={onHelp} className="max-md:hidden">
            <Keyboard aria-hidden />
          </Button>
        </Tooltip>
        <WorkspaceMenu workspace={workspace} onDeleted={onGone} />
      </div>
    </header>
  );
}
