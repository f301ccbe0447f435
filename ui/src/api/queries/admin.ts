import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { AdminUser, AuditRecord, Check, Figures, Health, Page } from "../types";

/** Rows that are loaded at a time. */
const rows = 100;

function query(parameters: Record<string, string | undefined>): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) set.set(name, value);
  return set.toString();
}

const healthKey = ["admin", "health"] as const;

/** What the installation stands on. The server looks at most every ten seconds. */
export const healthQuery = queryOptions({
  queryKey: healthKey,
  queryFn: ({ signal }) => api<Health>("/admin/health", { signal }),
  refetchInterval: 60_000,
});

/** Has the server do what it can about one check. */
export function useFixCheck() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => api<{ check: Check }>(`/admin/health/${encodeURIComponent(name)}/fix`, { method: "POST" }),
    onSuccess: ({ check }) =>
      cache.setQueryData<Health>(healthKey, (health) => health && { ...health, checks: health.checks.map((c) => (c.name === check.name ? check : c)) }),
    onError: () => cache.invalidateQueries({ queryKey: healthKey }),
  });
}

/** What the server measures of itself, in step with its own history. */
export const figuresQuery = queryOptions({
  queryKey: ["admin", "figures"],
  queryFn: ({ signal }) => api<Figures>("/admin/metrics", { signal }),
  refetchInterval: 10_000,
  staleTime: 0,
});

export type UserSort = "name" | "email" | "createdAt" | "lastSeenAt";
export type Direction = "asc" | "desc";

interface PageOfUsers extends Page<AdminUser> {
  total: number;
}

export interface UserFilter {
  query?: string;
  sort?: UserSort;
  order?: Direction;
}

const usersKey = ["admin", "users"] as const;

export const usersQuery = (filter: UserFilter) =>
  infiniteQueryOptions({
    queryKey: [...usersKey, filter],
    queryFn: ({ pageParam, signal }) => api<PageOfUsers>(`/admin/users?${query({ limit: String(rows), cursor: pageParam, ...filter })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor || undefined,
    placeholderData: keepPreviousData,
  });

/** What is not sent stays; null is what everybody gets. */
export interface UserChange {
  admin?: boolean;
  suspended?: boolean;
  maxWorkspaces?: number | null;
  budget?: number | null;
}

export function useChangeUser(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: UserChange) => api<AdminUser>(`/admin/users/${encodeURIComponent(id)}`, { method: "PATCH", body }),
    onSettled: () => cache.invalidateQueries({ queryKey: usersKey }),
  });
}

export interface AuditFilter {
  query?: string;
  action?: string;
  user?: string;
  /** RFC 3339. */
  since?: string;
  until?: string;
}

/** Newest first. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["admin", "audit", filter],
    queryFn: ({ pageParam, signal }) => api<Page<AuditRecord>>(`/admin/audit?${query({ limit: String(rows), cursor: pageParam, ...filter })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor || undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
