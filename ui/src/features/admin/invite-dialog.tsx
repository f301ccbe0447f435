import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useCreateInvitation } from "@/api/queries/invitations";
import { Button } from "@/components/ui/button";
import { CopyField } from "@/components/ui/copy-field";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { duration, exact } from "@/lib/format";

const dayS = 86_400;
const lives = [dayS, 7 * dayS, 30 * dayS];

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [admin, setAdmin] = useState(false);
  const [ttl, setTtl] = useState(7 * dayS);
  const create = useCreateInvitation();
  const problem = create.error instanceof Problem ? create.error : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    create.mutate({ ...(email.trim() && { email: email.trim() }), admin, ttl });
  };
  if (create.data) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && onClose()}
        title={t("Send this link")}
        description={t("It works once, until {time}. It is not shown again.", { time: exact(create.data.expiresAt) })}
      >
        <CopyField label={t("Invitation link")} value={create.data.url} />
        <DialogButtons>
          <Button onClick={onClose}>{t("Done")}</Button>
        </DialogButtons>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Invite somebody")}>
      <form onSubmit={submit} className="grid gap-5">
        {create.isError && !problem?.field("email") && (
          <Notice variant="danger" live>
            {sentence(create.error)}
          </Notice>
        )}
        <Field label={t("Email (optional)")} hint={t("With an email only that person can use the link. Nothing is sent.")} error={problem?.field("email")}>
          {(control) => <Input {...control} type="email" value={email} onChange={(e) => setEmail(e.target.value)} maxLength={254} autoComplete="off" />}
        </Field>
        <Field label={t("Good for")}>
          {(control) => (
            <Select {...control} value={ttl} onChange={(e) => setTtl(Number(e.target.value))}>
              {lives.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {duration(seconds)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Label className="flex items-center gap-2.5">
          <input type="checkbox" checked={admin} onChange={(e) => setAdmin(e.target.checked)} className="size-4 accent-primary" />
          {t("Make them an administrator")}
        </Label>
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={create.isPending}>
            {t("Create link")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
