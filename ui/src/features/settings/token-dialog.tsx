import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useCreateToken } from "@/api/queries/tokens";
import { Button } from "@/components/ui/button";
import { CopyField } from "@/components/ui/copy-field";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { duration } from "@/lib/format";

const dayS = 86_400;
const lives = [7 * dayS, 30 * dayS, 90 * dayS, 365 * dayS];

export function TokenDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [ttl, setTtl] = useState(30 * dayS);
  const create = useCreateToken();
  const problem = create.error instanceof Problem ? create.error : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    create.mutate({ name: name.trim(), ttl });
  };
  if (create.data) {
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Your new token")} description={t("Copy it now. It is not shown again.")}>
        <CopyField label={t("Token")} value={create.data.token} />
        <DialogButtons>
          <Button onClick={onClose}>{t("Done")}</Button>
        </DialogButtons>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("New API token")} description={t("It may do everything you may do, except make tokens.")}>
      <form onSubmit={submit} className="grid gap-5">
        {create.isError && !problem?.field("name") && (
          <Notice variant="danger" live>
            {sentence(create.error)}
          </Notice>
        )}
        <Field label={t("Name")} hint={t("What it is for.")} error={problem?.field("name")}>
          {(control) => <Input {...control} value={name} onChange={(e) => setName(e.target.value)} required maxLength={100} autoComplete="off" />}
        </Field>
        <Field label={t("Good for")}>
          {(control) => (
            <Select {...control} value={ttl} onChange={(e) => setTtl(Number(e.target.value))}>
              {lives.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {duration(seconds)}
                </option>
              ))}
              <option value={0}>{t("until revoked")}</option>
            </Select>
          )}
        </Field>
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={create.isPending}>
            {t("Create token")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
