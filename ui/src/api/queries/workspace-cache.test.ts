import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { Me, Workspace } from "@/api/types";
import { workspace } from "@/test/workspace";
import { meKey } from "./me";
import { assumeStatus, dropWorkspace, mergeList, putWorkspace, sharedKey, workspaceKey, workspacesKey } from "./workspace-cache";

const at = (second: number) => `2026-01-01T00:00:0${second}Z`;
let n = 0;
const fresh = (changes: Partial<Workspace> = {}) => workspace({ id: `id${++n}`, ...changes });
const list = (cache: QueryClient) => cache.getQueryData<Workspace[]>(workspacesKey);

function cacheWith(...workspaces: Workspace[]): QueryClient {
  const cache = new QueryClient();
  cache.setQueryData(workspacesKey, workspaces);
  return cache;
}

test("news replace what is shown, in the list and on the workspace's page", () => {
  const [a, b] = [fresh(), fresh()];
  const cache = cacheWith(a, b);
  const news = { ...b, status: "RUNNING" as const, updatedAt: at(1) };
  putWorkspace(cache, news);
  expect(list(cache)).toEqual([a, news]);
  expect(cache.getQueryData(workspaceKey(b.id))).toEqual(news);
});

test("older news do not, equally old ones do", () => {
  const shown = fresh({ status: "RUNNING", updatedAt: at(2) });
  const cache = cacheWith(shown);
  putWorkspace(cache, { ...shown, status: "STARTING", updatedAt: at(1) });
  expect(list(cache)).toEqual([shown]);
  putWorkspace(cache, { ...shown, activity: ["editor"] });
  expect(list(cache)?.[0]?.activity).toEqual(["editor"]);
});

test("a workspace made elsewhere comes first", () => {
  const [a, b] = [fresh(), fresh()];
  const cache = cacheWith(a);
  putWorkspace(cache, b);
  expect(list(cache)).toEqual([b, a]);
});

test("a list that was never loaded is not begun with one event", () => {
  const cache = new QueryClient();
  putWorkspace(cache, fresh());
  expect(list(cache)).toBeUndefined();
});

test("what is being deleted stays away until deleting fails", () => {
  const [a, b] = [fresh(), fresh()];
  const cache = cacheWith(a, b);
  dropWorkspace(cache, a.id);
  expect(list(cache)).toEqual([b]);
  putWorkspace(cache, { ...a, status: "STOPPING", updatedAt: at(3) });
  expect(mergeList(cache, workspacesKey, [a, b])).toEqual([b]);
  const failed = { ...a, status: "ERROR" as const, updatedAt: at(4) };
  putWorkspace(cache, failed);
  expect(list(cache)).toEqual([failed, b]);
});

test("an answer that an event has overtaken does not undo it", () => {
  const old = fresh({ updatedAt: at(1) });
  const news = { ...old, status: "RUNNING" as const, updatedAt: at(2) };
  const cache = cacheWith(news);
  expect(mergeList(cache, workspacesKey, [old])).toEqual([news]);
});

const held = (changes: Partial<Workspace> = {}): Workspace => ({ ...fresh(), ...changes });
const shared = (cache: QueryClient) => cache.getQueryData<Workspace[]>(sharedKey);

test("what is shared is in a list of its own, and is back when the share is", () => {
  const own = fresh();
  const cache = cacheWith(own);
  cache.setQueryData(sharedKey, []);
  const other = held({ right: "view", updatedAt: at(1) });
  putWorkspace(cache, other);
  expect([list(cache), shared(cache)]).toEqual([[own], [other]]);
  dropWorkspace(cache, other.id);
  expect(shared(cache)).toEqual([]);
  const again = { ...other, right: "edit" as const };
  putWorkspace(cache, again);
  expect([list(cache), shared(cache)]).toEqual([[own], [again]]);
  expect(mergeList(cache, sharedKey, [again])).toEqual([again]);
});

test("answers an administrator gets about others' workspaces are in no list", () => {
  const own = fresh();
  const cache = cacheWith(own);
  cache.setQueryData(meKey, { user: { id: own.ownerId } } as Me);
  cache.setQueryData(sharedKey, []);
  putWorkspace(cache, held({ ownerId: "somebody", right: "" }));
  expect([list(cache), shared(cache)]).toEqual([[own], []]);
});

test("a status that was assumed is taken back, but never over news", () => {
  const [a, b] = [fresh({ status: "STOPPED", statusReason: "idle" }), fresh()];
  const cache = cacheWith(a, b);
  const takeBack = assumeStatus(cache, a.id, "STARTING");
  expect(list(cache)).toEqual([{ ...a, status: "STARTING", statusReason: "" }, b]);
  takeBack();
  expect(list(cache)).toEqual([a, b]);
  const again = assumeStatus(cache, a.id, "STARTING");
  const news = { ...a, status: "STARTING" as const, statusReason: "", updatedAt: at(5) };
  putWorkspace(cache, news);
  again();
  expect(list(cache)).toEqual([news, b]);
});
