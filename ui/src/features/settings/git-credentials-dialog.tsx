import { type FormEvent, useState } from "react";
import { toast } from "@/lib/toast";
import type { GitCredential } from "@/api/types";
import { Problem, sentence } from "@/api/problem";
import { useSetGitCredential } from "@/api/queries/git-credentials";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { readHost } from "./git-credentials-host";

interface GitCredentialDialogProps {
  /** The one that gets another password; null = another host. */
  credential: GitCredential | null;
  known: GitCredential[];
  onClose: () => void;
}

export function GitCredentialDialog({ credential, known, onClose }: GitCredentialDialogProps) {
  const [typed, setTyped] = useState(credential?.host ?? "");
  const [username, setUsername] = useState(credential?.username ?? "");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<string>();
  const set = useSetGitCredential();
  const problem = set.error instanceof Problem ? set.error : undefined;
  const errors = {
    host: fault ?? problem?.field("host") ?? problem?.field("path.host"),
    username: problem?.field("username"),
    password: problem?.field("password"),
  };
  const inPlace = Object.values(errors).some(Boolean);
  const host = readHost(typed);
  const replaces = credential !== null || known.some((c) => c.host === host);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!host) return setFault(t("Give the host's name, such as git.example.com. Only https works."));
    set.mutate(
      { host, username: username.trim(), password },
      {
        onSuccess: () => {
          toast.success(t("{host} saved", { host }));
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={credential ? t("Replace the password for {host}", { host: credential.host }) : t("Add Git host")}
      description={t("Best is an access token that may reach only the repositories you need.")}
    >
      <form onSubmit={submit} className="grid grid-cols-1 gap-5">
        {set.isError && !inPlace && (
          <Notice variant="danger" live>
            {sentence(set.error)}
          </Notice>
        )}
        {!credential && (
          <Field label={t("Host")} error={errors.host}>
            {(control) => (
              <Input
                {...control}
                value={typed}
                onChange={(e) => {
                  setTyped(e.target.value);
                  setFault(undefined);
                  set.reset();
                }}
                placeholder={t("git.example.com")}
                required
                maxLength={300}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
              />
            )}
          </Field>
        )}
        <Field label={t("User name")} error={errors.username}>
          {(control) => (
            <Input {...control} value={username} onChange={(e) => setUsername(e.target.value)} required maxLength={256} autoComplete="off" autoCapitalize="off" spellCheck={false} />
          )}
        </Field>
        <Field label={t("Password or token")} hint={t("It is kept encrypted and never shown again.")} error={errors.password}>
          {(control) => (
            <Input {...control} type="password" value={password} onChange={(e) => setPassword(e.target.value)} required maxLength={4096} autoComplete="off" spellCheck={false} />
          )}
        </Field>
        {!credential && replaces && host && <Notice>{t("{host} is there already. Its password is replaced.", { host })}</Notice>}
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={set.isPending}>
            {replaces ? t("Replace") : t("Add")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
