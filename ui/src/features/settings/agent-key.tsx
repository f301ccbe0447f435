import { type FormEvent, useState } from "react";
import { toast } from "@/lib/toast";
import { Problem, sentence } from "@/api/problem";
import { useSetKey } from "@/api/queries/agent";
import type { AgentSettings } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

/** The key to the models' provider: the user's own, written and never read back, or the server's. */
export function AgentKey({ agent }: { agent: AgentSettings }) {
  const [key, setKey] = useState("");
  const set = useSetKey();
  const problem = set.error instanceof Problem ? set.error : undefined;
  const own = agent.keySource === "own";
  if (!agent.ownKeysAllowed && !own) {
    return <p className="text-sm text-muted-foreground">{sourceText(agent)}</p>;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate(key.trim(), {
      onSuccess: () => {
        setKey("");
        toast.success(t("Key saved"));
      },
    });
  };
  return (
    <form onSubmit={submit} className="grid max-w-md gap-4">
      {set.error && !problem?.field("key") && (
        <Notice variant="danger" live>
          {sentence(set.error)}
        </Notice>
      )}
      <Field label={t("Own key")} error={problem?.field("key")} hint={`${sourceText(agent)} ${t("A key is kept encrypted and is never shown again, nor given to a workspace.")}`}>
        {(control) => (
          <Input
            {...control}
            type="password"
            value={key}
            onChange={(event) => setKey(event.target.value)}
            placeholder={own ? t("A new key takes the place of the old one") : "sk-or-…"}
            required
            maxLength={500}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="outline" busy={set.isPending && set.variables !== undefined} disabled={key.trim() === ""}>
          {t("Save key")}
        </Button>
        {own && (
          <Button
            variant="outline"
            busy={set.isPending && set.variables === undefined}
            onClick={() => set.mutate(undefined, { onSuccess: () => toast.success(t("Key removed")) })}
          >
            {t("Remove key")}
          </Button>
        )}
      </div>
    </form>
  );
}

function sourceText({ keySource, keyHint }: AgentSettings): string {
  if (keySource === "own") return keyHint ? t("Your key {hint} is used.", { hint: keyHint }) : t("Your own key is used.");
  return keySource === "server" ? t("The server's key is used.") : t("There is no key yet.");
}
