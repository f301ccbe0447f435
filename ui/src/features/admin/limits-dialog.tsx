import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useChangeUser, type UserChange } from "@/api/queries/admin";
import type { AdminUser } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { limitProblem, readLimit } from "./limits";

const workspacesKind = { whole: true, most: 10_000 };
const budgetKind = { whole: false, most: 1_000_000 };

/** How many workspaces somebody may have, and what their agent may cost a day. */
export function LimitsDialog({ user, onClose }: { user: AdminUser; onClose: () => void }) {
  const [workspaces, setWorkspaces] = useState(user.maxWorkspaces?.toString() ?? "");
  const [budget, setBudget] = useState(user.budget?.toString() ?? "");
  const [tried, setTried] = useState(false);
  const change = useChangeUser(user.id);
  const problem = change.error instanceof Problem ? change.error : undefined;
  const [most, dollars] = [readLimit(workspaces, workspacesKind), readLimit(budget, budgetKind)];

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (change.isPending || most === undefined || dollars === undefined) return;
    const body: UserChange = { ...(most !== user.maxWorkspaces && { maxWorkspaces: most }), ...(dollars !== user.budget && { budget: dollars }) };
    if (Object.keys(body).length === 0) return onClose();
    change.mutate(body, { onSuccess: onClose });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Limits of {who}", { who: user.name || user.email })} description={t("Leave a field empty for what everybody gets.")}>
      <form onSubmit={submit} className="grid gap-5" noValidate>
        {problem && !problem.field("maxWorkspaces") && !problem.field("budget") && (
          <Notice variant="danger" live>
            {sentence(problem)}
          </Notice>
        )}
        <Field
          label={t("Workspaces at most")}
          hint={t("Those there are stay when it is lowered. 0 lets them make none.")}
          error={tried && most === undefined ? limitProblem(true, workspacesKind.most) : problem?.field("maxWorkspaces")}
        >
          {(control) => <Input {...control} inputMode="numeric" value={workspaces} onChange={(e) => setWorkspaces(e.target.value)} autoComplete="off" />}
        </Field>
        <Field
          label={t("Agent, US dollars a day")}
          hint={t("0 turns the agent off for them.")}
          error={tried && dollars === undefined ? limitProblem(false, budgetKind.most) : problem?.field("budget")}
        >
          {(control) => <Input {...control} inputMode="decimal" value={budget} onChange={(e) => setBudget(e.target.value)} autoComplete="off" />}
        </Field>
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={change.isPending}>
            {t("Save")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
