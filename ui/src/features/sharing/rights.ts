import type { Right, ShareRight, Workspace } from "@/api/types";
import { msg, t } from "@/i18n/t";

const order: Right[] = ["", "view", "use", "edit", "owner"];

/** What the user may do with a workspace. */
export function rightOf(workspace: Workspace): Right {
  return workspace.right;
}

/** Whether the user has this right, or one that includes it. */
export function may(workspace: Workspace, right: Right): boolean {
  return order.indexOf(rightOf(workspace)) >= order.indexOf(right);
}

interface RightText {
  name: string;
  allows: string;
}

/** What can be given, least first. */
export const shareRights: Record<ShareRight, RightText> = {
  view: { name: msg("May look"), allows: msg("Reads chats, files and changes. Opens nothing in it.") },
  use: { name: msg("May use"), allows: msg("Also opens its programs, and may start it.") },
  edit: { name: msg("May edit"), allows: msg("Also VS Code, the terminal, the agent and its ports.") },
};

export const givable = Object.keys(shareRights) as ShareRight[];

/** "May edit", "Owner". */
export function rightName(right: Right): string {
  if (right === "") return t("No right");
  return right === "owner" ? t("Owner") : t(shareRights[right].name);
}
