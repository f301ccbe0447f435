import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { deleteWorkspace, orderWorkspace } from "@/api/queries/workspaces";
import { putWorkspace } from "@/api/queries/workspace-cache";
import type { Workspace } from "@/api/types";
import { tellDeleted } from "@/features/workspace/deletion";
import { tn } from "@/i18n/t";
import { inTurns } from "./in-turns";

export type BulkKind = "stop" | "delete";

/** So many requests at once: more would only wait for each other. */
const atOnce = 4;

/** Stops or deletes many workspaces and tells what became of it. onChanged is called when the server's picture is another one. */
export function useBulk(onChanged?: () => void) {
  const cache = useQueryClient();
  const [busy, setBusy] = useState(false);
  const act = async (kind: BulkKind, workspaces: Workspace[]) => {
    setBusy(true);
    const results = await inTurns(workspaces, atOnce, async ({ id, name }) => {
      if (kind === "delete") return { id, name, deletesAt: await deleteWorkspace(cache, id) };
      putWorkspace(cache, await orderWorkspace(id, "stop"));
      return { id, name, deletesAt: null };
    });
    setBusy(false);
    const done = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
    const failed = results.flatMap((r) => (r.status === "rejected" ? [r.reason as unknown] : []));
    if (kind === "delete") tellDeleted(cache, done, onChanged);
    else if (done.length > 0) toast.success(tn("{n} workspace is being stopped", "{n} workspaces are being stopped", done.length));
    if (failed.length > 0) {
      const text = kind === "delete" ? tn("{n} workspace could not be deleted", "{n} workspaces could not be deleted", failed.length) : tn("{n} workspace could not be stopped", "{n} workspaces could not be stopped", failed.length);
      toast.error(text, { description: sentence(failed[0]) });
    }
    onChanged?.();
  };
  return { busy, act };
}
