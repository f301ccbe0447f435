import type { Finding } from "@/api/types";
import { Field } from "@/components/ui/field";
import { inputClasses } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { sentences } from "./findings";

interface CommandFieldProps {
  label: string;
  hint: string;
  placeholder: string;
  value: string;
  findings: Finding[];
  onChange: (value: string) => void;
}

/** A command of the shell, of one line or several. */
export function CommandField({ label, hint, placeholder, value, findings, onChange }: CommandFieldProps) {
  return (
    <Field label={label} hint={hint} error={sentences(findings) || undefined}>
      {(control) => (
        <textarea
          {...control}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          placeholder={placeholder}
          rows={Math.min(8, Math.max(2, value.split("\n").length))}
          spellCheck={false}
          autoCapitalize="off"
          className={cn(inputClasses, "h-auto py-2 font-mono md:text-[0.8125rem]")}
        />
      )}
    </Field>
  );
}
