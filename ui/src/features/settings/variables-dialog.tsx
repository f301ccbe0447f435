import { type FormEvent, useState } from "react";
import { toast } from "@/lib/toast";
import type { Template, Variable } from "@/api/types";
import { Problem, sentence } from "@/api/problem";
import { useSetVariable } from "@/api/queries/variables";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input, inputClasses } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import { msg, t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { nameFault } from "./variables-scope";

interface VariableDialogProps {
  /** The one that gets another value; null = a new one. */
  variable: Variable | null;
  known: Variable[];
  templates: Template[];
  onClose: () => void;
}

/** Gives a variable a value. That of a secret is typed here and never seen again. */
export function VariableDialog({ variable, known, templates, onClose }: VariableDialogProps) {
  const [name, setName] = useState(variable?.name ?? "");
  const [template, setTemplate] = useState(variable?.template ?? "");
  const [secret, setSecret] = useState(variable?.secret ?? true);
  const [value, setValue] = useState(variable?.value ?? "");
  const [shown, setShown] = useState(false);
  const [fault, setFault] = useState<string>();
  const set = useSetVariable();
  const problem = set.error instanceof Problem ? set.error : undefined;
  const nameProblem = fault ?? problem?.field("name") ?? problem?.field("path.name");
  const valueProblem = problem?.field("value");
  const replaces = !variable && known.some((v) => v.name === name && v.template === template);
  const hidden = secret && !shown;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = nameFault(name);
    setFault(wrong);
    if (wrong) return;
    set.mutate(
      { name, value, secret, template },
      {
        onSuccess: () => {
          toast.success(t("{name} saved", { name }), { description: t("Workspaces get it from their next start.") });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={variable ? t(secret ? msg("Replace {name}") : msg("Change {name}"), { name: variable.name }) : t("Add variable")}>
      <form onSubmit={submit} noValidate className="grid grid-cols-1 gap-5">
        {set.isError && !nameProblem && !valueProblem && (
          <Notice variant="danger" live>
            {sentence(set.error)}
          </Notice>
        )}
        {!variable && (
          <>
            <Field label={t("Name")} error={nameProblem}>
              {(control) => (
                <Input
                  {...control}
                  value={name}
                  onChange={(e) => {
                    setName(e.target.value.trim());
                    setFault(undefined);
                    set.reset();
                  }}
                  placeholder={t("DATABASE_URL")}
                  maxLength={64}
                  autoComplete="off"
                  autoCapitalize="off"
                  spellCheck={false}
                  className="font-mono"
                />
              )}
            </Field>
            <Field label={t("For")} hint={t("What is set for a template goes before what is set for all.")}>
              {(control) => (
                <Select {...control} value={template} onChange={(e) => setTemplate(e.target.value)}>
                  <option value="">{t("All workspaces")}</option>
                  {templates.map(({ id, name: called }) => (
                    <option key={id} value={id}>
                      {t("Workspaces of the template {name}", { name: called })}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Switch label={t("Secret")} hint={t("The value is never shown again, and it is masked where the agent would read it.")} checked={secret} onChange={setSecret} />
          </>
        )}
        <Field label={variable?.secret ? t("New value") : t("Value")} hint={hint(variable, value)} error={valueProblem}>
          {(control) => (
            <textarea
              {...control}
              value={value}
              onChange={(e) => {
                setValue(e.target.value);
                set.reset();
              }}
              rows={3}
              maxLength={32_768}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className={cn(inputClasses, "h-auto py-2 font-mono md:text-[0.8125rem]", hidden && "[-webkit-text-security:disc]")}
            />
          )}
        </Field>
        {secret && <Switch label={t("Show the value while typing")} checked={shown} onChange={setShown} />}
        {replaces && <Notice>{t("There is a variable of this name already. Its value is replaced.")}</Notice>}
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={set.isPending} disabled={variable?.secret && value === ""}>
            {replaces || variable ? t("Replace") : t("Add")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}

function hint(variable: Variable | null, value: string): string | undefined {
  if (value !== value.trim()) return t("It begins or ends with space. That is kept.");
  return variable?.secret ? t("It takes the place of the old one, which nobody can look up.") : undefined;
}
