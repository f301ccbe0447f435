import { inputClasses } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import type { FieldProps } from "./types";

/** The same field without colours. */
export function PlainEditor({ value, onChange, language: _, marks: _marks, lines = 8, ...rest }: FieldProps) {
  return (
    <textarea
      {...rest}
      value={value}
      onChange={(event) => onChange?.(event.target.value)}
      rows={lines}
      wrap="off"
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      className={cn(inputClasses, "h-auto py-2 font-mono md:text-[0.8125rem]")}
    />
  );
}
