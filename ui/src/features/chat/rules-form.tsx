import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { inputClasses } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";
import { cn } from "@/lib/cn";

/** Rules are written in one language only. */
const examples = { allow: "allow run npm test", ask: "ask write migrations/**", deny: "deny read secrets/**" };

interface RulesFormProps {
  rules: string;
  error: unknown;
  busy: boolean;
  onSave: (rules: string) => void;
}

/** Rules of the agent as text, one a line. */
export function RulesForm({ rules, error, busy, onSave }: RulesFormProps) {
  const [text, setText] = useState(rules);
  const inPlace = error instanceof Problem ? error.fields.map((f) => f.message).join(" ") : "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave(text);
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      {error != null && !inPlace && (
        <Notice variant="danger" live>
          {sentence(error)}
        </Notice>
      )}
      <Field
        label={t("Rules")}
        error={inPlace || undefined}
        hint={
          <>
            {tr("One a line, such as {allow}, {ask} or {deny}. Deny goes before ask, ask before allow.", {
              allow: <code className="font-mono text-xs">{examples.allow}</code>,
              ask: <code className="font-mono text-xs">{examples.ask}</code>,
              deny: <code className="font-mono text-xs">{examples.deny}</code>,
            })}
          </>
        }
      >
        {(control) => (
          <textarea
            {...control}
            value={text}
            onChange={(event) => setText(event.target.value)}
            rows={7}
            spellCheck={false}
            autoCapitalize="off"
            className={cn(inputClasses, "h-auto py-2 font-mono md:text-xs")}
          />
        )}
      </Field>
      <div>
        <Button type="submit" variant="outline" busy={busy} disabled={text === rules}>
          {t("Save rules")}
        </Button>
      </div>
    </form>
  );
}
