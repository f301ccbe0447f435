import { expect, test } from "vitest";
import { workspace } from "@/test/workspace";
import { ordersOf } from "./status";

test.each([
  ["STOPPED", ["start"]],
  ["STARTING", ["stop"]],
  ["RUNNING", ["stop", "restart", "open"]],
  ["STOPPING", []],
  ["ERROR", ["start"]],
] as const)("a workspace that is %s takes %j", (status, want) => {
  const orders = Object.entries(ordersOf(workspace({ status })));
  expect(orders.filter(([, allowed]) => allowed).map(([name]) => name)).toEqual(want);
});
