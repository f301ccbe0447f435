import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Login, Providers, Signup } from "../types";
import { meKey } from "./me";

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) => api<Providers>("/auth/providers", { signal }),
  staleTime: 60_000,
});

export function useLogin() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Login) => api<void>("/auth/login", { method: "POST", body }),
    onSuccess: () => cache.removeQueries({ queryKey: meKey }),
  });
}

export function useSignup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Signup) => api<void>("/auth/signup", { method: "POST", body }),
    onSuccess: () => cache.removeQueries({ queryKey: meKey }),
  });
}

export function useLogout() {
  return useMutation({
    mutationFn: () => api<void>("/auth/logout", { method: "POST" }),
    // A new document, so that nothing of the old user stays in memory.
    onSuccess: () => window.location.assign("/login"),
  });
}
