import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { AgentChange, AgentSettings, Model, Page } from "../types";

const agentKey = ["agent"] as const;
const modelsKey = ["models"] as const;
const rulesKey = (workspaceId: string) => ["agent-rules", workspaceId] as const;

/** What the signed-in user set for the agent, and what was spent. */
export const agentQuery = queryOptions({
  queryKey: agentKey,
  queryFn: ({ signal }) => api<AgentSettings>("/agent", { signal }),
});

/** The models there are, with prices. */
export const modelsQuery = queryOptions({
  queryKey: modelsKey,
  queryFn: async ({ signal }) => (await api<Page<Model>>("/models", { signal })).items,
  staleTime: 10 * 60_000,
  retry: 1,
});

export function useUpdateAgent() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: AgentChange) => api<unknown>("/agent", { method: "PATCH", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: agentKey }),
  });
}

/** Sets the user's own key, or removes it with undefined. It can never be read back. */
export function useSetKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (key: string | undefined) =>
      key === undefined ? api<unknown>("/agent/key", { method: "DELETE" }) : api<unknown>("/agent/key", { method: "PUT", body: { key } }),
    onSuccess: async () => {
      // Another key may reach other models.
      void cache.invalidateQueries({ queryKey: modelsKey });
      await cache.invalidateQueries({ queryKey: agentKey });
    },
  });
}

/** The rules of one workspace, one a line. */
export const workspaceRulesQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: rulesKey(workspaceId),
    queryFn: async ({ signal }) => (await api<{ rules: string }>(`/workspaces/${encodeURIComponent(workspaceId)}/agent-rules`, { signal })).rules,
    staleTime: 0,
  });

export function useSetWorkspaceRules(workspaceId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (rules: string) => api<unknown>(`/workspaces/${encodeURIComponent(workspaceId)}/agent-rules`, { method: "PUT", body: { rules } }),
    onSuccess: () => cache.invalidateQueries({ queryKey: rulesKey(workspaceId) }),
  });
}
