import { expect, test } from "vitest";
import type { Workspace } from "@/api/types";
import { workspace } from "@/test/workspace";
import { ordersOf } from "./status";

const taken = (changes: Partial<Workspace>) =>
  Object.entries(ordersOf({ ...workspace(), ...changes }))
    .filter(([, allowed]) => allowed)
    .map(([name]) => name);

test.each([
  ["STOPPED", ["start", "delete"]],
  ["STARTING", ["stop", "delete"]],
  ["RUNNING", ["stop", "restart", "open", "delete"]],
  ["STOPPING", ["delete"]],
  ["ERROR", ["start", "delete"]],
] as const)("a workspace that is %s takes %j", (status, want) => {
  expect(taken({ status })).toEqual(want);
  expect(taken({ status, right: "owner" })).toEqual(want);
});

test.each([
  ["edit", "RUNNING", ["stop", "restart", "open"]],
  ["edit", "STOPPED", ["start"]],
  ["use", "RUNNING", []],
  ["use", "STOPPED", ["start"]],
  ["view", "RUNNING", []],
  ["view", "STOPPED", []],
] as const)("with the right to %s, one that is %s takes %j", (right, status, want) => {
  expect(taken({ right, status })).toEqual(want);
});

test("one that waits to be deleted takes no orders", () => {
  for (const status of ["RUNNING", "STOPPED"] as const) expect(taken({ status, deletesAt: "2026-01-01T00:00:10Z" })).toEqual([]);
});
