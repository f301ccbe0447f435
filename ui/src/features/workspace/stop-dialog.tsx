import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { UnpushedSection, useUnpushed } from "@/features/repository/unpushed-section";

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
      title="Stop this workspace?"
      description={
        <>
          Programs in <strong className="font-medium break-words text-foreground">{workspace.name}</strong> end. Its files stay, also what was not pushed.
        </>
      }
    >
      <UnpushedSection workspace={workspace} unpushed={unpushed} />
      <DialogButtons>
        <Button variant="outline" onClick={onClose}>
          Cancel
        </Button>
        <Button
          data-act
          onClick={() => {
            onStop();
            onClose();
          }}
        >
          Stop
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
