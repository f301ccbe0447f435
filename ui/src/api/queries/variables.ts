import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Page, SetVariable, Variable } from "../types";

const variablesKey = ["variables"] as const;

/** All of them, of every scope. Values of secrets are never there. */
export const variablesQuery = queryOptions({
  queryKey: variablesKey,
  queryFn: async ({ signal }) => (await api<Page<Variable>>("/variables", { signal })).items,
});

/** Adds one, or takes the place of the one with this name and scope. */
export function useSetVariable() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...body }: SetVariable & { name: string }) => api<unknown>(`/variables/${encodeURIComponent(name)}`, { method: "PUT", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: variablesKey }),
    gcTime: 0, // the value goes with the dialog
  });
}

export function useDeleteVariable() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, template }: Pick<Variable, "name" | "template">) =>
      api<void>(`/variables/${encodeURIComponent(name)}?template=${encodeURIComponent(template)}`, { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: variablesKey }),
  });
}
