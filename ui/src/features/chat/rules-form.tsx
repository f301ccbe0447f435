import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { inputClasses } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { cn } from "@/lib/cn";

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
        label="Rules"
        error={inPlace || undefined}
        hint={
          <>
            One a line, such as <code className="font-mono text-xs">allow run npm test</code>,{" "}
            <code className="font-mono text-xs">ask write migrations/**</code> or <code className="font-mono text-xs">deny read secrets/**</code>. Deny goes
            before ask, ask before allow.
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
          Save rules
        </Button>
      </div>
    </form>
  );
}
