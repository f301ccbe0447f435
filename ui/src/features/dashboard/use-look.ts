import { useState } from "react";
import type { Sort } from "@/components/ui/table-types";

export type View = "cards" | "table";

/** How this browser shows the dashboard. */
export interface Look {
  view: View;
  sort: Sort;
}

const key = "kalpana-dashboard";
const usual: Look = { view: "cards", sort: { by: "createdAt", descending: true } };

/** What was written down, or the usual look where that is nothing or rubbish. */
export function readLook(text: string | null): Look {
  try {
    const kept: unknown = JSON.parse(text ?? "null");
    if (typeof kept !== "object" || kept === null) return usual;
    const { view, sort } = kept as Partial<Record<keyof Look, unknown>>;
    return { view: view === "table" ? "table" : "cards", sort: isSort(sort) ? { by: sort.by, descending: sort.descending } : usual.sort };
  } catch {
    return usual;
  }
}

function isSort(value: unknown): value is Sort {
  return typeof value === "object" && value !== null && "by" in value && typeof value.by === "string" && "descending" in value && typeof value.descending === "boolean";
}

/** The look, and a way to change it that is remembered. */
export function useLook(): [Look, (change: Partial<Look>) => void] {
  const [look, setLook] = useState(() => {
    try {
      return readLook(localStorage.getItem(key));
    } catch {
      return usual; // storage is blocked
    }
  });
  const change = (part: Partial<Look>) => {
    const next = { ...look, ...part };
    setLook(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // Storage is blocked: the next visit begins with the usual look.
    }
  };
  return [look, change];
}
