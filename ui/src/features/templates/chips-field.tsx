import { X } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from "react";
import type { Finding } from "@/api/types";
import { Field } from "@/components/ui/field";
import { inputClasses } from "@/components/ui/input";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { at, errorsOf, sentences } from "./findings";

interface ChipsFieldProps {
  label: string;
  hint: string;
  placeholder: string;
  values: string[];
  /** Of this field; the number behind its name says which value. */
  findings: Finding[];
  /** The field's name in the definition. */
  name: string;
  onChange: (values: string[]) => void;
}

/** A list of words. Enter, a space or a comma adds what was typed, Backspace takes the last one away. */
export function ChipsField({ label, hint, placeholder, values, findings, name, onChange }: ChipsFieldProps) {
  const [typed, setTyped] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const add = (text: string) => {
    const words = text.split(/[\s,]+/).filter(Boolean);
    if (words.length > 0) onChange([...new Set([...values, ...words])]);
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "Enter" || event.key === " " || event.key === ",") && (typed.trim() !== "" || event.key !== "Enter")) {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && typed === "" && values.length > 0) {
      event.preventDefault();
      onChange(values.slice(0, -1));
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text");
    if (!/[\s,]/.test(text.trim())) return;
    event.preventDefault();
    add(typed + text);
  };
  return (
    <Field label={label} hint={hint} error={sentences(findings) || undefined}>
      {(control) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- the field in it is what keys reach
        <div
          onClick={(event) => event.target === event.currentTarget && input.current?.focus()}
          className={cn(inputClasses, "flex h-auto min-h-9 flex-wrap items-center gap-1.5 px-1.5 py-1 focus-within:outline-2 focus-within:outline-ring")}
        >
          {values.length > 0 && (
            <ul aria-label={label} className="contents">
              {values.map((value, n) => {
                const faulty = errorsOf(at(findings, name, n)).length > 0;
                return (
                  <li
                    key={value}
                    className={cn("flex max-w-full items-center gap-0.5 rounded-md border py-px pr-0.5 pl-2 font-mono text-sm md:text-[0.8125rem]", faulty ? "border-danger-border bg-danger-soft text-danger-text" : "border-border bg-muted")}
                  >
                    <span title={value} className="truncate">
                      {value}
                    </span>
                    <button
                      type="button"
                      aria-label={t("Remove {value}", { value })}
                      onClick={() => {
                        onChange(values.filter((v) => v !== value));
                        input.current?.focus();
                      }}
                      className="grid size-6 shrink-0 place-items-center rounded text-muted-foreground hover:text-foreground"
                    >
                      <X aria-hidden className="size-3.5" />
                    </button>
                  </li>
                );
              })}
            </ul>
          )}
          <input
            {...control}
            ref={input}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            onBlur={() => add(typed)}
            placeholder={values.length === 0 ? placeholder : undefined}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            className="h-7 min-w-24 flex-1 bg-transparent px-1.5 font-mono text-base outline-none placeholder:text-muted-foreground md:text-[0.8125rem]"
          />
        </div>
      )}
    </Field>
  );
}
