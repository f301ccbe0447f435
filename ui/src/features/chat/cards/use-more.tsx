import { type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";
import { msg, t } from "@/i18n/t";

const labels = { lines: msg("Show all {n} lines"), files: msg("Show all {n} files"), rows: msg("Show all {n} rows") };

/** The first `limit` of many things, and a button for all of them. */
export function useMore<T>(all: readonly T[], limit: number, noun: keyof typeof labels): { shown: readonly T[]; more: ReactNode } {
  const [everything, setEverything] = useState(false);
  if (everything || all.length <= limit) return { shown: all, more: null };
  const more = (
    <div className="border-t border-border p-1.5 text-center">
      <Button variant="ghost" size="sm" onClick={() => setEverything(true)}>
        {t(labels[noun], { n: all.length })}
      </Button>
    </div>
  );
  return { shown: all.slice(0, limit), more };
}
