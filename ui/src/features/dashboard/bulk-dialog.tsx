import { useState } from "react";
import { graceSeconds } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t, tn } from "@/i18n/t";
import { LossList } from "./loss-list";
import { type BulkKind, useBulk } from "./use-bulk";

interface BulkDialogProps {
  kind: BulkKind;
  workspaces: Workspace[];
  /** They are not the user's own: what is in them cannot be looked at. */
  ofOthers?: boolean;
  onClose: () => void;
  /** They were given the order, as far as that was possible. */
  onDone: () => void;
  onChanged?: () => void;
}

/** Asks before many workspaces are stopped or deleted, and lists what that does to each. */
export function BulkDialog({ kind, workspaces: asked, ofOthers = false, onClose, onDone, onChanged }: BulkDialogProps) {
  // News may come while the question stands; the answer is about what was asked.
  const [workspaces] = useState(asked);
  const [typed, setTyped] = useState("");
  const { busy, act } = useBulk(onChanged);
  const count = workspaces.length;
  const change = (open: boolean) => !open && !busy && onClose();
  const confirm = async () => {
    await act(kind, workspaces);
    onDone();
    onClose();
  };
  const list = ofOthers ? (
    <>
      <Names workspaces={workspaces} />
      {kind === "delete" && <Notice variant="warning">{t("They belong to other people. Work in them that was not pushed is lost.")}</Notice>}
    </>
  ) : (
    <LossList workspaces={workspaces} />
  );
  if (kind === "stop") {
    return (
      <Dialog
        open
        onOpenChange={change}
        variant="question"
        title={tn("Stop {n} workspace?", "Stop {n} workspaces?", count)}
        description={t("Their programs end. Their files stay, also what was not pushed.")}
      >
        {list}
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button data-act busy={busy} onClick={() => void confirm()}>
            {t("Stop")}
          </Button>
        </DialogButtons>
      </Dialog>
    );
  }
  return (
    <AlertDialog
      open
      onOpenChange={change}
      title={tn("Delete {n} workspace?", "Delete {n} workspaces?", count)}
      description={
        <>
          {t("All files in them are deleted for good.")} {tn("You can take it back for {n} second.", "You can take it back for {n} seconds.", graceSeconds)}
        </>
      }
      action={t("Delete")}
      blocked={typed.trim() !== String(count)}
      busy={busy}
      onConfirm={() => void confirm()}
    >
      {list}
      <Field label={t("Type how many they are to confirm: {count}", { count })}>
        {(control) => <Input {...control} inputMode="numeric" value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" />}
      </Field>
    </AlertDialog>
  );
}

function Names({ workspaces }: { workspaces: Workspace[] }) {
  return (
    /* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */
    <ul aria-label={t("Workspaces")} tabIndex={workspaces.length > 5 ? 0 : undefined} className="grid max-h-48 gap-1 overflow-y-auto rounded-lg border border-border px-3 py-2 text-sm">
      {workspaces.map(({ id, name, owner }) => (
        <li key={id} className="min-w-0 break-words">
          {name} {owner?.name && <span className="text-muted-foreground">· {owner.name}</span>}
        </li>
      ))}
    </ul>
  );
}
