import { useQuery } from "@tanstack/react-query";
import { checkQuery } from "@/api/queries/templates";
import type { FieldError } from "@/api/types";
import { CodeEditor } from "@/components/code-editor/code-editor";
import type { Mark } from "@/components/code-editor/types";
import { Field } from "@/components/ui/field";
import { t } from "@/i18n/t";
import { useDebounced } from "./use-debounced";

interface NixFieldProps {
  value: string;
  onChange: (text: string) => void;
  /** What was wrong with the text when it was sent as it is. */
  errors: FieldError[];
}

const checkMs = 600;

/** The text of a flake.nix or shell.nix, checked by the server while it is written. */
export function NixField({ value, onChange, errors }: NixFieldProps) {
  const text = useDebounced(value, checkMs);
  const written = text.trim() !== "";
  const check = useQuery({ ...checkQuery({ nix: text }), enabled: written });
  const current = written && text === value && !check.isPlaceholderData;
  const refused = errors.map((e): Mark => ({ line: e.line ?? 0, column: e.column ?? 0, message: e.message, severity: "error" }));
  const marks = refused.length > 0 || !current ? refused : (check.data?.problems ?? []);
  const valid = current && check.data?.valid && marks.length === 0;
  return (
    <div className="grid grid-cols-1 gap-1.5">
      <Field label={t("Nix configuration")} hint={t("The text of a flake.nix or of a shell.nix. It comes before those of the repository and of the template.")}>
        {(control) => <CodeEditor {...control} value={value} onChange={onChange} language="nix" marks={written ? marks : []} />}
      </Field>
      <p role="status" className="text-sm text-muted-foreground empty:hidden">
        {written && (check.isFetching || text !== value) && t("Checking…")}
        {valid && !check.isFetching && t("Nix reads it without a fault. Whether everything can be built shows at the start.")}
        {current && check.isError && t("It cannot be checked right now. It is checked again when you create the workspace.")}
      </p>
    </div>
  );
}
