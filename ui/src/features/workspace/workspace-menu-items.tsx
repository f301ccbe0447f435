import { Link } from "@tanstack/react-router";
import { Blocks, EthernetPort, ExternalLink, GitBranch, Pencil, Play, RotateCw, ScrollText, Settings, Square, Trash2, Users } from "lucide-react";
import type { Order } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { may } from "@/features/sharing/rights";
import { t } from "@/i18n/t";
import { ordersOf } from "./status";

/** What opens above the page. */
export type MenuDialog = "ports" | "repository" | "log" | "environment" | "edit" | "share" | "stop" | "delete";

interface WorkspaceMenuItemsProps {
  workspace: Workspace;
  onOrder: (order: Order) => void;
  onWant: (dialog: MenuDialog) => void;
}

/** The items of a workspace's menu: what the user may do with it now. */
export function WorkspaceMenuItems({ workspace, onOrder, onWant }: WorkspaceMenuItemsProps) {
  const can = ordersOf(workspace);
  const owns = may(workspace, "owner");
  return (
    <>
      {can.open && (
        <MenuItem asChild>
          <a href={workspace.vscodeUrl} target="_blank" rel="noopener">
            <ExternalLink aria-hidden /> {t("Open in own tab")}
          </a>
        </MenuItem>
      )}
      {can.open && (
        <MenuItem onSelect={() => onWant("ports")}>
          <EthernetPort aria-hidden /> {t("Ports…")}
        </MenuItem>
      )}
      {workspace.githubRepo && (
        <MenuItem onSelect={() => onWant("repository")}>
          <GitBranch aria-hidden /> {t("Repository…")}
        </MenuItem>
      )}
      {can.open && (
        <MenuItem onSelect={() => onWant("log")}>
          <ScrollText aria-hidden /> {t("Start log…")}
        </MenuItem>
      )}
      {can.start && (
        <MenuItem onSelect={() => onOrder("start")}>
          <Play aria-hidden /> {t("Start")}
        </MenuItem>
      )}
      {can.restart && (
        <MenuItem onSelect={() => onOrder("restart")}>
          <RotateCw aria-hidden /> {t("Restart")}
        </MenuItem>
      )}
      {can.stop && (
        <MenuItem onSelect={() => onWant("stop")}>
          <Square aria-hidden /> {t("Stop…")}
        </MenuItem>
      )}
      <MenuItem onSelect={() => onWant("share")}>
        <Users aria-hidden /> {owns ? t("Share…") : t("Your access…")}
      </MenuItem>
      {owns && (
        <>
          <MenuItem onSelect={() => onWant("environment")}>
            <Blocks aria-hidden /> {t("Environment…")}
          </MenuItem>
          <MenuItem onSelect={() => onWant("edit")}>
            <Pencil aria-hidden /> {t("Rename and resize…")}
          </MenuItem>
          <MenuItem asChild>
            <Link to="/w/$id/settings" params={{ id: workspace.id }}>
              <Settings aria-hidden /> {t("All settings")}
            </Link>
          </MenuItem>
        </>
      )}
      {can.delete && (
        <>
          <MenuSeparator />
          <MenuItem variant="danger" onSelect={() => onWant("delete")}>
            <Trash2 aria-hidden /> {t("Delete…")}
          </MenuItem>
        </>
      )}
    </>
  );
}
