import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api } from "../client";
import type { AdminWorkspaces, WorkspaceStatus } from "../types";

/** So many come at once: more than a screen is high, less than anybody waits for. */
const pageSize = 200;
/** Up to here all that is loaded is asked for again and again; beyond it that is too much. */
const fewPages = 3;

export interface AdminQuestion {
  query: string;
  status: WorkspaceStatus | "";
  sort: string;
  order: "asc" | "desc";
}

export const adminWorkspacesKey = ["admin", "workspaces"] as const;

/** The workspaces of everybody, a page at a time. They change without an event: it polls. */
export const adminWorkspacesQuery = (question: AdminQuestion) =>
  infiniteQueryOptions({
    queryKey: [...adminWorkspacesKey, question],
    queryFn: ({ pageParam, signal }) => {
      const { query, status, sort, order } = question;
      const search = new URLSearchParams({ limit: String(pageSize), sort, order, ...(query && { query }), ...(status && { status }), ...(pageParam && { cursor: pageParam }) });
      return api<AdminWorkspaces>(`/admin/workspaces?${search}`, { signal });
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor || undefined,
    placeholderData: keepPreviousData, // another order does not blink
    refetchInterval: (asked) => ((asked.state.data?.pages.length ?? 0) <= fewPages ? 10_000 : 60_000),
  });
