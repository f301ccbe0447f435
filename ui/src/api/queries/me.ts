import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { api } from "../client";
import type { Me, UpdateMe } from "../types";

export const meKey = ["me"] as const;

/** Who is signed in; fails with status 401 when nobody is. */
export const meQuery = queryOptions({
  queryKey: meKey,
  queryFn: ({ signal }) => api<Me>("/me", { signal }),
  staleTime: 5 * 60_000,
});

/** The signed-in user. Only below the signed-in route, which has loaded it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

export function useUpdateMe() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateMe) => api<Me>("/me", { method: "PATCH", body }),
    onSuccess: () => cache.invalidateQueries({ queryKey: meKey }),
  });
}
