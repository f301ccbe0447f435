import type { Workspace } from "@/api/types";
import { Dialog } from "@/components/ui/dialog";
import { t } from "@/i18n/t";
import { People } from "./people";
import { rightOf } from "./rights";
import { RightsLegend } from "./rights-legend";
import { SharedWithMe } from "./shared-with-me";

interface ShareDialogProps {
  workspace: Workspace;
  onClose: () => void;
  /** The user gave up a workspace of somebody else. */
  onLeft?: () => void;
}

/** Who may open a workspace: for its owner to change, for others to read and to leave. */
export function ShareDialog({ workspace, onClose, onLeft }: ShareDialogProps) {
  const { name } = workspace;
  const change = (open: boolean) => !open && onClose();
  if (rightOf(workspace) !== "owner") {
    return (
      <Dialog open onOpenChange={change} title={t("{name} is shared with you", { name })}>
        <SharedWithMe
          workspace={workspace}
          onLeft={() => {
            onClose();
            onLeft?.();
          }}
        />
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={change} variant="list" title={t("Share {name}", { name })} description={t("With people who have an account here. What you end is over within seconds.")}>
      <RightsLegend />
      <People workspace={workspace} />
    </Dialog>
  );
}
