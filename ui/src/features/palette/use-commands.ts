import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useLogout } from "@/api/queries/login";
import { useMe } from "@/api/queries/me";
import { putWorkspace } from "@/api/queries/workspace-cache";
import { type Order, orderWorkspace, sharedWorkspacesQuery, workspacesQuery } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { chooseLanguage } from "@/i18n/language";
import { msg, t } from "@/i18n/t";
import { setTheme } from "@/theme/theme";
import { commands } from "./commands";

const failures = { start: msg("Could not start {name}"), stop: msg("Could not stop {name}") };

/** The commands of the user, and the workspace that is asked about before it is stopped. */
export function useCommands() {
  const cache = useQueryClient();
  const { history } = useRouter();
  const { user } = useMe();
  const logout = useLogout();
  const own = useQuery(workspacesQuery);
  const shared = useQuery(sharedWorkspacesQuery);
  const [stopping, setStopping] = useState<Workspace>();
  const signOut = logout.mutate;
  const all = useMemo(
    () =>
      commands([...(own.data ?? []), ...(shared.data ?? [])], user.admin, {
        go: (path) => history.push(path),
        start: (workspace) => void order("start", workspace),
        stop: setStopping,
        setTheme,
        speak: chooseLanguage,
        signOut: () => signOut(undefined, { onError: (error) => toast.error(sentence(error)) }),
      }),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- order only uses the cache
    [own.data, shared.data, user.admin, history, signOut],
  );
  async function order(what: keyof typeof failures & Order, workspace: Workspace): Promise<void> {
    try {
      putWorkspace(cache, await orderWorkspace(workspace.id, what));
    } catch (error) {
      toast.error(t(failures[what], { name: workspace.name }), { description: sentence(error) });
    }
  }
  return { all, loading: own.isPending, stopping, stop: () => void (stopping && order("stop", stopping)) };
}
