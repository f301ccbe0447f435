import { useState } from "react";
import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { t, tn } from "@/i18n/t";
import { useChatActions } from "./chat-context";
import { CheckpointChanges, useCheckpointDiff } from "./checkpoint-changes";
import type { RestoreResult } from "./types";

/** A turn that takes the place of others, which changed files. */
export interface Again {
  /** What is done: "Answer again". */
  title: string;
  /** Of the files before the turns that go. */
  checkpoint: string;
  /** Begins the turn. False when it was refused. */
  begin: () => Promise<boolean>;
}

interface AgainDialogProps {
  again: Again;
  onClose: () => void;
  /** The files are as they shall be, and the dialog is done. restored is there when they were set back. */
  onReady: (restored?: RestoreResult) => void;
}

/** Asks what becomes of the files that the dropped turns changed, before anything is done. */
export function AgainDialog({ again: { title, checkpoint }, onClose, onReady }: AgainDialogProps) {
  const { restore } = useChatActions();
  const diff = useCheckpointDiff(checkpoint);
  const [files, setFiles] = useState<"undo" | "keep">("undo");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const begin = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      onReady(files === "undo" ? await restore(checkpoint, { files: true, chat: false }) : undefined);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  // What was ordered is done; a dialog that is gone would only seem to have stopped it.
  const close = () => !busy && onClose();
  const { data } = diff;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      variant="list"
      title={`${title}?`}
      description={t("The answer and all after it leave the chat for good. They changed files.")}
    >
      {problem !== undefined && (
        <Notice variant="danger" live>
          {sentence(problem)}
        </Notice>
      )}
      <ChoiceCards
        label={t("What becomes of the files")}
        value={files}
        onChange={setFiles}
        choices={[
          { value: "undo", title: data ? tn("Also undo the files ({n} file)", "Also undo the files ({n} files)", data.files) : t("Also undo the files"), detail: t("Set back for good") },
          { value: "keep", title: t("Keep the files"), detail: t("They stay as they are") },
        ]}
      />
      {files === "undo" && <CheckpointChanges diff={diff} />}
      <DialogButtons>
        <Button variant="outline" disabled={busy} onClick={close}>
          {t("Cancel")}
        </Button>
        <Button variant={files === "undo" ? "danger" : "primary"} busy={busy} disabled={files === "undo" && !data} onClick={begin}>
          {title}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
