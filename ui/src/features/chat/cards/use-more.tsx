import { type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";

/** The first `limit` of many things, and a button for all of them. */
export function useMore<T>(all: readonly T[], limit: number, noun: string): { shown: readonly T[]; more: ReactNode } {
  const [everything, setEverything] = useState(false);
  if (everything || all.length <= limit) return { shown: all, more: null };
  const more = (
    <div className="border-t border-border p-1.5 text-center">
      <Button variant="ghost" size="sm" onClick={() => setEverything(true)}>
        Show all {all.length} {noun}
      </Button>
    </div>
  );
  return { shown: all.slice(0, limit), more };
}
