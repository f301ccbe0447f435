import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { UnpushedSection, useUnpushed } from "@/features/repository/unpushed-section";
import { t, tr } from "@/i18n/t";

interface StopDialogProps {
  workspace: Workspace;
  onStop: () => void;
  onClose: () => void;
}

/** Tells before a stop what is not pushed. Nothing is lost by it, so Enter is enough. */
export function StopDialog({ workspace, onStop, onClose }: StopDialogProps) {
  const unpushed = useUnpushed(workspace);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      variant="question"
      title={t("Stop this workspace?")}
      description={tr("Programs in {name} end. Its files stay, also what was not pushed.", {
        name: (
          <strong className="font-medium break-words text-foreground">
            {workspace.name}
          </strong>
        ),
      })}
    >
      <UnpushedSection workspace={workspace} unpushed={unpushed} />
      <DialogButtons>
        <Button variant="outline" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button
          data-act
          onClick={() => {
            onStop();
            onClose();
          }}
        >
          {t("Stop")}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
