import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { repositoryQuery } from "@/api/queries/repository";
import { workspacesKey } from "@/api/queries/workspace-cache";
import { workspace } from "@/test/workspace";
import { applyEvent } from "./use-live-events";

const stale = (cache: QueryClient) => cache.getQueryState(workspacesKey)?.isInvalidated;

test("each event does its part, and what is not understood does nothing", () => {
  const cache = new QueryClient();
  const shown = workspace({ id: "live1" });
  cache.setQueryData(workspacesKey, [shown]);
  for (const data of [undefined, null, 7, "x", {}, { id: 7 }, { id: "live1" }]) applyEvent(cache, "workspace", data);
  applyEvent(cache, "unheard", shown);
  expect(cache.getQueryData(workspacesKey)).toEqual([shown]);
  const news = { ...shown, status: "RUNNING", updatedAt: "2026-02-01T00:00:00Z" };
  applyEvent(cache, "workspace", news);
  expect(cache.getQueryData(workspacesKey)).toEqual([news]);
  applyEvent(cache, "workspace.deleted", { id: "live1" });
  expect(cache.getQueryData(workspacesKey)).toEqual([]);
  expect(stale(cache)).toBe(false);
  applyEvent(cache, "reset", {});
  expect(stale(cache)).toBe(true);
});

const event = (id: string, at: string) => ({ id, kind: "push", title: id, branch: "main", author: "asha", url: "", at });

test("what happens at a repository comes first where it is shown, once, and nowhere else", () => {
  const cache = new QueryClient();
  const older = event("e1", "2026-01-01T00:00:00Z");
  const newer = event("e2", "2026-01-02T00:00:00Z");
  cache.setQueryData(["repository", "w1"], { fullName: "octo/hello", url: "", events: [older] });
  for (const data of [null, {}, { workspaceId: "w1" }, { workspaceId: "w1", event: {} }, { workspaceId: 7, event: newer }]) applyEvent(cache, "repository", data);
  expect(cache.getQueryData(["repository", "w1"])).toMatchObject({ events: [older] });
  for (let twice = 0; twice < 2; twice++) applyEvent(cache, "repository", { workspaceId: "w1", event: newer });
  applyEvent(cache, "repository", { workspaceId: "w2", event: newer });
  expect(cache.getQueryData(["repository", "w1"])).toMatchObject({ events: [newer, older] });
  expect(cache.getQueryData(["repository", "w2"])).toBeUndefined();
});

test("what happens while the repository is asked for is not lost", async () => {
  const before = { fullName: "octo/hello", url: "", events: [event("e1", "2026-01-01T00:00:00Z")] };
  const now = { ...before, events: [event("e2", "2026-01-02T00:00:00Z"), ...before.events] };
  const cache = new QueryClient();
  const answers: ((answer: typeof before) => void)[] = [];
  vi.stubGlobal("fetch", async () => Response.json(await new Promise<typeof before>((resolve) => answers.push(resolve))));
  const observer = new QueryObserver(cache, repositoryQuery("w1"));
  const done = observer.subscribe(() => {});
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  applyEvent(cache, "repository", { workspaceId: "w1", event: now.events[0] });
  await vi.waitFor(() => expect(answers).toHaveLength(2)); // the first answer may not have it
  answers[1]?.(now);
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toEqual(now));

  void observer.refetch();
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  const newest = event("e3", "2026-01-03T00:00:00Z");
  applyEvent(cache, "repository", { workspaceId: "w1", event: newest });
  answers[2]?.(now);
  await vi.waitFor(() => expect(observer.getCurrentResult().isFetching).toBe(false));
  expect(observer.getCurrentResult().data).toEqual({ ...now, events: [newest, ...now.events] });
  done();
  vi.unstubAllGlobals();
});
