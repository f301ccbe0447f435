import { useState } from "react";
import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { useChatActions } from "./chat-context";
import { CheckpointChanges, useCheckpointDiff } from "./checkpoint-changes";
import type { RestoreResult } from "./types";

type What = "both" | "files" | "chat";

interface RestoreDialogProps {
  checkpoint: string;
  onClose: () => void;
  onRestored: (result: RestoreResult) => void;
}

/** Takes a turn back, and those after it: shows what that would change before it does. */
export function RestoreDialog({ checkpoint, onClose, onRestored }: RestoreDialogProps) {
  const { restore } = useChatActions();
  const diff = useCheckpointDiff(checkpoint);
  const [what, setWhat] = useState<What>("both");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const undo = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      onRestored(await restore(checkpoint, { files: what !== "chat", chat: what !== "files" }));
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const { data } = diff;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      variant="list"
      title={t("Undo this turn?")}
      description={t("It and every turn after it are taken back. Files can be brought back right after. Messages cannot: they are gone.")}
    >
      {problem !== undefined && (
        <Notice variant="danger" live>
          {sentence(problem)}
        </Notice>
      )}
      <ChoiceCards
        label={t("What to take back")}
        value={what}
        onChange={setWhat}
        choices={[
          { value: "both", title: t("Both"), detail: t("Files and messages") },
          { value: "files", title: t("Files"), detail: t("Messages stay") },
          { value: "chat", title: t("Messages"), detail: t("For good. Files stay") },
        ]}
      />
      {what !== "chat" && <CheckpointChanges diff={diff} />}
      <DialogButtons>
        <Button variant="outline" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button variant="danger" busy={busy} disabled={what !== "chat" && !data} onClick={undo}>
          {t("Undo this turn")}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
