import type { QueryClient } from "@tanstack/react-query";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { keepWorkspace } from "@/api/queries/workspaces";
import { t, tn } from "@/i18n/t";

interface Going {
  id: string;
  name: string;
  /** Null when nothing can be taken back any more. */
  deletesAt: string | null;
}

/** Says that workspaces are being deleted, with a way back for as long as there is one. */
export function tellDeleted(cache: QueryClient, going: Going[], onKept?: () => void): void {
  const [only] = going;
  if (!only) return;
  const kept = going.filter((g) => g.deletesAt !== null);
  const text = going.length === 1 ? t("{name} is being deleted", { name: only.name }) : tn("{n} workspace is being deleted", "{n} workspaces are being deleted", going.length);
  if (kept.length === 0) {
    toast.success(text);
    return;
  }
  const end = Math.min(...kept.map((g) => Date.parse(g.deletesAt ?? "")));
  toast(text, {
    // The server decides; a clock that is wrong must not take the way back too early.
    duration: Math.min(Math.max(end - Date.now(), 5000), 60_000),
    action: { label: t("Undo"), onClick: () => void takeBack(cache, kept).then(onKept) },
  });
}

/** Keeps workspaces that were to be deleted, and tells which it was too late for. */
export async function takeBack(cache: QueryClient, going: Pick<Going, "id" | "name">[]): Promise<void> {
  await Promise.all(
    going.map(async ({ id, name }) => {
      try {
        await keepWorkspace(cache, id);
      } catch (error) {
        toast.error(t("Could not keep {name}", { name }), { description: sentence(error) });
      }
    }),
  );
}
