import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
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
