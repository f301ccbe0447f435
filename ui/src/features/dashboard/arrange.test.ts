import { expect, test } from "vitest";
import type { Workspace } from "@/api/types";
import { workspace } from "@/test/workspace";
import { filterWorkspaces, nextSort, sortWorkspaces } from "./arrange";

const made = (changes: Partial<Workspace>): Workspace => ({ ...workspace(), ...changes });
const list = [
  made({ id: "1", name: "ws-10", status: "RUNNING", githubRepo: "octo/hello", branch: "main", lastActiveAt: "2026-01-03T00:00:00Z", memory: 2 }),
  made({ id: "2", name: "ws-9", status: "STOPPED", template: "python", lastActiveAt: null, memory: 8 }),
  made({ id: "3", name: "Älter", status: "ERROR", right: "edit", owner: { id: "u2", name: "Ben Ito", email: "ben@example.com" }, lastActiveAt: "2026-01-04T00:00:00Z", memory: 4 }),
];
const ids = (found: Workspace[]) => found.map((w) => w.id).join("");

test.each([
  ["", "", "123"],
  ["  ", "", "123"],
  ["WS", "", "12"],
  ["hello main", "", "1"],
  ["hello nowhere", "", ""],
  ["alter", "", "3"],
  ["ben@", "", "3"],
  ["python", "", "2"],
  ["", "STOPPED", "2"],
  ["ws", "RUNNING", "1"],
] as const)("the filter %j with status %j finds %s", (text, status, want) => {
  expect(ids(filterWorkspaces(list, { text, status }))).toBe(want);
});

test.each([
  ["name", false, "321"],
  ["name", true, "123"],
  ["status", false, "312"],
  ["lastActiveAt", true, "312"],
  ["memory", false, "132"],
  ["code", true, "123"],
  ["unknown", true, "123"],
])("sorted by %s, descending %s", (by, descending, want) => {
  expect(ids(sortWorkspaces(list, { by, descending }))).toBe(want);
});

test("a second click turns the order round; times begin with the latest", () => {
  expect(nextSort({ by: "name", descending: false }, "name")).toEqual({ by: "name", descending: true });
  expect(nextSort({ by: "name", descending: true }, "status")).toEqual({ by: "status", descending: false });
  expect(nextSort({ by: "name", descending: true }, "createdAt")).toEqual({ by: "createdAt", descending: true });
});
