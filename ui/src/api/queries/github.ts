import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { GitHubBranch, GitHubRepository, GitHubRepositoryDetails, GitHubStatus, Page } from "../types";

const githubKey = ["github"] as const;
const pageSize = 30;

/** Whether and how the signed-in user is connected to GitHub. */
export const githubQuery = queryOptions({
  queryKey: githubKey,
  queryFn: ({ signal }) => api<GitHubStatus>("/github", { signal }),
  staleTime: 60_000,
});

/** Revokes the token at GitHub and forgets it. */
export function useDisconnectGitHub() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => api<void>("/github", { method: "DELETE" }),
    onSettled: () => cache.invalidateQueries({ queryKey: githubKey }),
  });
}

/** The user's repositories with these words in their name, those pushed to last first. */
export const repositoriesQuery = (words: string) =>
  infiniteQueryOptions({
    queryKey: [...githubKey, "repos", words],
    queryFn: ({ signal, pageParam }) => api<Page<GitHubRepository>>(`/github/repos?${query(words, pageParam)}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
    staleTime: 60_000,
  });

/** One repository, with the template its files suggest. fullName is owner/name. */
export const repositoryDetailsQuery = (fullName: string) =>
  queryOptions({
    queryKey: [...githubKey, "repo", fullName.toLowerCase()],
    queryFn: ({ signal }) => api<GitHubRepositoryDetails>(`/github/repos/${path(fullName)}`, { signal }),
    staleTime: 60_000,
  });

export const branchesQuery = (fullName: string, words: string) =>
  infiniteQueryOptions({
    queryKey: [...githubKey, "branches", fullName.toLowerCase(), words],
    queryFn: ({ signal, pageParam }) => api<Page<GitHubBranch>>(`/github/repos/${path(fullName)}/branches?${query(words, pageParam)}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
    staleTime: 60_000,
  });

/**
 * The address a browser visits to connect, or to let Kalpana read private repositories
 * too. It comes back to the path back, with github_error=code when that failed.
 */
export function connectAddress(github: GitHubStatus, back: string, wantsPrivate = false): string {
  const search = new URLSearchParams({ ...(wantsPrivate && { private: "true" }), return: back });
  return `${github.connectUrl}?${search}`;
}

function query(words: string, cursor: string): URLSearchParams {
  return new URLSearchParams({ ...(words && { query: words }), ...(cursor && { cursor }), limit: String(pageSize) });
}

function path(fullName: string): string {
  return fullName.split("/").map(encodeURIComponent).join("/");
}
