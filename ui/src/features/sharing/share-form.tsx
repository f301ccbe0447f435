import { type FormEvent, useRef, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useSetShare } from "@/api/queries/shares";
import type { Share, ShareRight } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { EditWarning } from "./edit-warning";
import { EndOptions } from "./end-options";
import { endAfter } from "./ends";
import { givable, shareRights } from "./rights";

interface ShareFormProps {
  workspaceId: string;
  onShared: (share: Share) => void;
}

/** Shares a workspace with one more person. */
export function ShareForm({ workspaceId, onShared }: ShareFormProps) {
  const [email, setEmail] = useState("");
  const [right, setRight] = useState<ShareRight>("view");
  const [end, setEnd] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const share = useSetShare(workspaceId);
  const problem = share.error instanceof Problem ? share.error : undefined;
  const inField = problem?.field("email") ?? problem?.field("path.email") ?? (problem?.code === "user_not_found" ? sentence(problem) : undefined);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (share.isPending) return;
    const until = endAfter(end);
    share.mutate(
      { email: email.trim(), right, ...(until && { until }) },
      {
        onSuccess: (made) => {
          setEmail("");
          setRight("view");
          setEnd("");
          field.current?.focus();
          onShared(made);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-3">
      {share.isError && !inField && (
        <Notice variant="danger" live>
          {sentence(share.error)}
        </Notice>
      )}
      <div className="grid grid-cols-2 items-start gap-3 sm:grid-cols-[1fr_9rem_9rem]">
        <div className="max-sm:col-span-2">
          <Field label={t("Email")} error={inField}>
            {(control) => (
              <Input
                {...control}
                ref={field}
                type="email"
                required
                maxLength={254}
                autoComplete="off"
                placeholder={t("name@example.com")}
                value={email}
                onChange={(e) => {
                  setEmail(e.target.value);
                  if (share.isError) share.reset();
                }}
              />
            )}
          </Field>
        </div>
        <Field label={t("Right")}>
          {(control) => (
            <Select {...control} value={right} onChange={(e) => setRight(e.target.value as ShareRight)}>
              {givable.map((value) => (
                <option key={value} value={value}>
                  {t(shareRights[value].name)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t("How long")}>
          {(control) => (
            <Select {...control} value={end} onChange={(e) => setEnd(e.target.value)}>
              <EndOptions />
            </Select>
          )}
        </Field>
      </div>
      {right === "edit" && <EditWarning />}
      <div className="flex justify-end">
        <Button type="submit" busy={share.isPending}>
          {t("Share")}
        </Button>
      </div>
    </form>
  );
}
