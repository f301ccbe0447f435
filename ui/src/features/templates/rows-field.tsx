import { Plus, Trash2 } from "lucide-react";
import { type ReactNode, useRef } from "react";
import type { Finding } from "@/api/types";
import { Button } from "@/components/ui/button";
import { msg, t } from "@/i18n/t";
import { at, sentences } from "./findings";

const words = {
  port: { add: msg("Add port"), remove: msg("Remove port {number}") },
  task: { add: msg("Add task"), remove: msg("Remove task {number}") },
  variable: { add: msg("Add variable"), remove: msg("Remove variable {number}") },
};

interface RowsFieldProps<T> {
  what: keyof typeof words;
  items: T[];
  blank: T;
  /** The field's name in the definition. */
  name: string;
  findings: Finding[];
  onChange: (items: T[]) => void;
  /** The fields of one; number counts from 1. */
  children: (item: T, change: (part: Partial<T>) => void, number: number) => ReactNode;
}

/** Things of several fields each, below one another. */
export function RowsField<T extends object>({ what, items, blank, name, findings, onChange, children }: RowsFieldProps<T>) {
  const list = useRef<HTMLUListElement>(null);
  const adder = useRef<HTMLButtonElement>(null);
  const add = () => {
    onChange([...items, blank]);
    // The new row is drawn only then.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>("li:last-child input")?.focus());
  };
  const remove = (n: number) => {
    onChange(items.filter((_, i) => i !== n));
    adder.current?.focus();
  };
  return (
    <div className="grid grid-cols-1 gap-3">
      <ul ref={list} className="grid grid-cols-1 gap-3 empty:hidden">
        {items.map((item, n) => {
          const fault = sentences(at(findings, name, n));
          return (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no names of their own, and hold no state
            <li key={n} className="flex items-start gap-2 rounded-lg border border-border p-3">
              <div className="grid min-w-0 flex-1 grid-cols-1 gap-3">
                {children(item, (part) => onChange(items.map((old, i) => (i === n ? { ...old, ...part } : old))), n + 1)}
                {fault && (
                  <p role="alert" className="text-sm text-danger-text">
                    {fault}
                  </p>
                )}
              </div>
              <Button variant="ghost" size="icon-sm" aria-label={t(words[what].remove, { number: n + 1 })} onClick={() => remove(n)}>
                <Trash2 aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
      <div>
        <Button ref={adder} variant="outline" size="sm" onClick={add}>
          <Plus aria-hidden /> {t(words[what].add)}
        </Button>
      </div>
    </div>
  );
}
