import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../client";
import type { Page, Review, ReviewChange, ReviewDiff, ReviewEntry, ReviewFile } from "../types";

const key = (id: string) => ["review", id] as const;
const at = (id: string, what: string, path: string) => `/workspaces/${encodeURIComponent(id)}/review/${what}?path=${encodeURIComponent(path)}`;

/** What is changed and open in a workspace. Nothing tells when that changes: it is asked for again and again. */
export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: key(id),
    queryFn: ({ signal }) => api<Review>(`/workspaces/${encodeURIComponent(id)}/review`, { signal }),
    refetchInterval: 5000,
    staleTime: 0,
    retry: 1,
  });

/** The diff of a file, asked for anew when its figures change. The last one stays until the next is there. */
export const reviewDiffQuery = (id: string, { path, status, added, removed }: ReviewChange) =>
  queryOptions({
    queryKey: [...key(id), "diff", path, status, added, removed],
    queryFn: ({ signal }) => api<ReviewDiff>(at(id, "diff", path), { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: 1,
  });

export const reviewFileQuery = (id: string, path: string) =>
  queryOptions({
    queryKey: [...key(id), "file", path],
    queryFn: ({ signal }) => api<ReviewFile>(at(id, "file", path), { signal }),
    refetchInterval: 10_000,
    staleTime: 0,
    retry: 1,
  });

/** What is in a folder, folders first; "" is where workspaces have their files. */
export const reviewFilesQuery = (id: string, path: string) =>
  queryOptions({
    queryKey: [...key(id), "files", path],
    queryFn: async ({ signal }) => (await api<Page<ReviewEntry>>(at(id, "files", path), { signal })).items,
    staleTime: 5000,
    retry: 1,
  });
