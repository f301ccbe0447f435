import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useCreatePortLink } from "@/api/queries/port-links";
import type { NewPortLink } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { duration } from "@/lib/format";

/** Seconds. */
const offered = [3600, 86_400, 7 * 86_400, 30 * 86_400];
const leastPassword = 8;
const mostPassword = 200;

interface LinkFormProps {
  workspaceId: string;
  port: number;
  onMade: (link: NewPortLink) => void;
}

/** Makes a link with an end, and with a password if one is wanted. */
export function LinkForm({ workspaceId, port, onMade }: LinkFormProps) {
  const [ttl, setTtl] = useState(86_400);
  const [password, setPassword] = useState("");
  const [short, setShort] = useState(false);
  const create = useCreatePortLink(workspaceId);
  const refused = create.error instanceof Problem ? create.error.field("password") : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const tooShort = password !== "" && password.length < leastPassword;
    setShort(tooShort);
    if (!tooShort) create.mutate({ port, ttl, ...(password && { password }) }, { onSuccess: onMade });
  };
  return (
    <form onSubmit={submit} noValidate className="grid grid-cols-1 gap-4 rounded-lg border border-border p-4">
      <div className="grid grid-cols-1 items-start gap-4 sm:grid-cols-2">
        <Field label={t("It works for")}>
          {(control) => (
            <Select {...control} value={ttl} onChange={(event) => setTtl(Number(event.target.value))}>
              {offered.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {duration(seconds)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t("Password, if it should ask for one")} error={short ? t("Use {n} characters or more.", { n: leastPassword }) : refused}>
          {(control) => (
            <Input
              {...control}
              type="password"
              value={password}
              onChange={(event) => {
                setPassword(event.target.value);
                setShort(false);
              }}
              maxLength={mostPassword}
              autoComplete="new-password"
            />
          )}
        </Field>
      </div>
      {create.isError && !refused && (
        <Notice variant="danger" live>
          {sentence(create.error)}
        </Notice>
      )}
      <div>
        <Button type="submit" busy={create.isPending}>
          {t("Create link")}
        </Button>
      </div>
    </form>
  );
}
