import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { sentence } from "@/api/problem";
import { LoadError } from "@/components/layout/load-error";
import { Button } from "@/components/ui/button";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { plural } from "@/lib/format";
import { Counts } from "./cards/diff/counts";
import { DiffView } from "./cards/diff/diff-view";
import { useChatActions } from "./chat-context";
import type { RestoreResult } from "./types";

type What = "both" | "files" | "chat";

interface RestoreDialogProps {
  checkpoint: string;
  onClose: () => void;
  onRestored: (result: RestoreResult) => void;
}

/** Takes a turn back, and those after it: shows what that would change before it does. */
export function RestoreDialog({ checkpoint, onClose, onRestored }: RestoreDialogProps) {
  const { checkpointDiff, restore } = useChatActions();
  const [what, setWhat] = useState<What>("both");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const diff = useQuery({ queryKey: ["checkpoint", checkpoint], queryFn: () => checkpointDiff(checkpoint), gcTime: 0, staleTime: 0, retry: false });
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
      title="Undo this turn?"
      description="It and every turn after it are taken back. The files of now are kept as a checkpoint: this can be undone right after."
    >
      {problem !== undefined && (
        <Notice variant="danger" live>
          {sentence(problem)}
        </Notice>
      )}
      <ChoiceCards
        label="What to take back"
        value={what}
        onChange={setWhat}
        choices={[
          { value: "both", title: "Both", detail: "Files and messages" },
          { value: "files", title: "Files", detail: "Messages stay" },
          { value: "chat", title: "Messages", detail: "Files stay" },
        ]}
      />
      {what !== "chat" && (
        <section aria-label="What is undone in the files" className="grid grid-cols-1 gap-2">
          {diff.isPending && <Skeleton className="h-24" />}
          {diff.isError && <LoadError error={diff.error} onRetry={diff.refetch} />}
          {data && data.files === 0 && <p className="text-sm text-muted-foreground">No file is different from before this turn.</p>}
          {data && data.files > 0 && (
            <>
              <p className="flex flex-wrap items-center gap-x-2 text-sm">
                {plural(data.files, "file")} set back. These changes are undone: <Counts added={data.added} removed={data.removed} />
              </p>
              <div className="min-w-0 overflow-hidden rounded-lg border border-border">
                <DiffView diff={data.diff} truncated={data.truncated} names />
              </div>
            </>
          )}
        </section>
      )}
      <DialogButtons>
        <Button variant="outline" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" busy={busy} disabled={what !== "chat" && !data} onClick={undo}>
          Undo this turn
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
