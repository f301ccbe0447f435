import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { githubQuery } from "@/api/queries/github";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { readAddress } from "@/features/new/repo-address";
import { t } from "@/i18n/t";

interface RepositoryBoxProps {
  busy: boolean;
  disabled: boolean;
  onStart: (repo: string, branch: string | undefined) => void;
}

/** One box for the address of a repository, of any host. */
export function RepositoryBox({ busy, disabled, onStart }: RepositoryBoxProps) {
  const github = useQuery(githubQuery);
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string>();
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const address = readAddress(text, github.data?.url ?? "");
    if (address.kind === "github") return onStart(address.fullName, address.branch);
    if (address.kind === "git") return onStart(address.url, address.branch);
    setWrong(address.kind === "refused" ? address.why : t("This is no address of a repository. One looks like owner/name or https://git.example.com/group/name."));
  };
  return (
    <form onSubmit={submit}>
      <Field label={t("Paste a repository")} error={wrong}>
        {(control) => (
          <div className="flex gap-2 max-sm:flex-col">
            <Input
              {...control}
              value={text}
              onChange={(e) => {
                setText(e.target.value);
                setWrong(undefined);
              }}
              placeholder={t("https://github.com/owner/name")}
              autoComplete="off"
              spellCheck={false}
              inputMode="url"
              required
            />
            <Button type="submit" busy={busy} disabled={disabled}>
              {t("Clone and start")}
            </Button>
          </div>
        )}
      </Field>
    </form>
  );
}
