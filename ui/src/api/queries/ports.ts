import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Page, SetPort, WorkspacePort } from "../types";

const portsKey = (id: string) => ["ports", id] as const;

/** The ports of a running workspace, by number. Programs come and go without an event: poll it. */
export const portsQuery = (id: string) =>
  queryOptions({
    queryKey: portsKey(id),
    queryFn: async ({ signal }) => (await api<Page<WorkspacePort>>(`/workspaces/${encodeURIComponent(id)}/ports`, { signal })).items,
    staleTime: 0,
    retry: 1, // the next poll is another try
  });

/**
 * Sets who may open a port. Changes of one workspace go one after another, so that the
 * last one given is the one that stays. Without a network it fails at once: nobody may
 * take a port for private that is not. onError is called even when its component is gone.
 */
export function useSetPort(id: string, onError?: (error: Error) => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ port, ...body }: SetPort & { port: number }) =>
      api<WorkspacePort>(`/workspaces/${encodeURIComponent(id)}/ports/${port}`, { method: "PUT", body }),
    scope: { id: `ports of ${id}` },
    networkMode: "always",
    onSuccess: async (changed) => {
      // An answer on its way may be older than this one.
      await cache.cancelQueries({ queryKey: portsKey(id) });
      cache.setQueryData<WorkspacePort[]>(portsKey(id), (ports = []) => putPort(ports, changed));
    },
    onError,
  });
}

/** The list with this port as it is now, in the order of the numbers. */
export function putPort(ports: WorkspacePort[], changed: WorkspacePort): WorkspacePort[] {
  return [...ports.filter((p) => p.port !== changed.port), changed].toSorted((a, b) => a.port - b.port);
}
