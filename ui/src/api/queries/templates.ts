import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../client";
import type { Checkable, CheckResult, CreateTemplate, Page, Template, TemplateVersion, Trial, UpdateTemplate, Workspace } from "../types";
import { putWorkspace } from "./workspace-cache";

const templatesKey = ["templates"] as const;
const templateKey = (id: string) => [...templatesKey, id] as const;
const path = (id: string) => `/templates/${encodeURIComponent(id)}`;

/** Those that come with the server, shared ones and the user's own. */
export const templatesQuery = queryOptions({
  queryKey: templatesKey,
  queryFn: async ({ signal }) => {
    const all: Template[] = [];
    let cursor = "";
    do {
      const page = await api<Page<Template>>(`/templates${cursor && `?cursor=${encodeURIComponent(cursor)}`}`, { signal });
      all.push(...page.items);
      cursor = page.nextCursor ?? "";
    } while (cursor);
    return all;
  },
  staleTime: 60_000,
});

export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: templateKey(id),
    queryFn: ({ signal }) => api<Template>(path(id), { signal }),
  });

/** Newest first. */
export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...templateKey(id), "versions"],
    queryFn: async ({ signal }) =>
      (await api<Page<TemplateVersion>>(`${path(id)}/versions`, { signal })).items.toSorted((a, b) => b.version - a.version),
  });

/** What the server says about something not saved yet. The last answer stays until the next one is there. */
export const checkQuery = (subject: Checkable) =>
  queryOptions({
    queryKey: ["template-check", subject],
    queryFn: ({ signal }) => api<CheckResult>("/templates/validate", { method: "POST", body: subject, signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: 1,
  });

export function useCreateTemplate() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateTemplate) => api<Template>("/templates", { method: "POST", body }),
    onSuccess: (made) => {
      cache.setQueryData(templateKey(made.id), made);
      return cache.invalidateQueries({ queryKey: templatesKey, exact: true });
    },
  });
}

/** Shows the changed template at once; its versions and the list follow. */
function useChange<Variables>(id: string, call: (variables: Variables) => Promise<Template>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    // Refused because somebody else changed it: shows what they made of it.
    onError: () => cache.invalidateQueries({ queryKey: templateKey(id), exact: true }),
    onSuccess: (changed) => {
      cache.setQueryData(templateKey(id), changed);
      void cache.invalidateQueries({ queryKey: [...templateKey(id), "versions"] });
      void cache.invalidateQueries({ queryKey: templatesKey, exact: true });
    },
  });
}

export function useUpdateTemplate(id: string) {
  return useChange(id, (body: UpdateTemplate) => api<Template>(path(id), { method: "PUT", body }));
}

/** Makes the newest version the one that others get. */
export function usePublishTemplate(id: string) {
  return useChange(id, (_: void) => api<Template>(`${path(id)}/publish`, { method: "POST" }));
}

export function useDeleteTemplate(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => api<void>(path(id), { method: "DELETE" }),
    onSuccess: () => {
      cache.setQueryData<Template[]>(templatesKey, (all) => all?.filter((t) => t.id !== id));
      return cache.invalidateQueries({ queryKey: templatesKey, exact: true });
    },
  });
}

/** Makes a workspace of the newest version, to see whether it runs. */
export function useTryTemplate(id: string) {
  return useMutation({
    mutationFn: () => api<Trial>(`${path(id)}/try`, { method: "POST", body: {} }),
  });
}

/** What a workspace gets its tools from. What is not sent stays. */
export interface Environment {
  template?: string;
  nixConfig?: string;
}

/** Counts from the workspace's next start. */
export function useSetEnvironment(workspaceId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Environment) => api<Workspace>(`/workspaces/${encodeURIComponent(workspaceId)}`, { method: "PATCH", body }),
    onSuccess: (changed) => putWorkspace(cache, changed),
  });
}
