import { expect, test } from "vitest";
import type { Inspected } from "@/api/types";
import { type Filter, matches, mergeRequests } from "./requests";

const request = (id: string, changes: Partial<Inspected> = {}): Inspected => ({
  id, time: `2026-01-01T00:00:0${id}Z`, method: "GET", path: "/", status: 200, ms: 1, requestBytes: 0, responseBytes: 0, socket: false, open: false, ...changes,
});

test("requests are there once, newest first, as they were told last", () => {
  const merged = mergeRequests([request("2"), request("1")], [request("3"), request("2", { status: 500 })]);
  expect(merged.map((r) => [r.id, r.status])).toEqual([["3", 200], ["2", 500], ["1", 200]]);
});

test("a hundred are kept", () => {
  const many = Array.from({ length: 150 }, (_, n) => request(String(n), { time: new Date(n).toISOString() }));
  expect(mergeRequests([], many)).toHaveLength(100);
  expect(mergeRequests([], many)[0]?.id).toBe("149");
});

test.each<[Partial<Filter>, string[]]>([
  [{}, ["1", "2", "3", "4"]],
  [{ kind: "failed" }, ["2", "3"]],
  [{ kind: "sockets" }, ["4"]],
  [{ text: "post api" }, ["2"]],
  [{ text: "404" }, ["2"]],
  [{ text: " GET  " }, ["1", "3", "4"]],
  [{ kind: "failed", text: "get" }, ["3"]],
])("the filter %j leaves %j", (filter, ids) => {
  const all = [request("1"), request("2", { method: "POST", path: "/API/items", status: 404 }), request("3", { status: 0 }), request("4", { socket: true, status: 101, path: "/hmr" })];
  expect(all.filter((r) => matches(r, { kind: "all", text: "", ...filter })).map((r) => r.id)).toEqual(ids);
});
