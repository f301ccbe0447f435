import { expect, test, vi } from "vitest";
import { workspace } from "@/test/workspace";
import { commands, type Ways } from "./commands";
import { offer } from "./offer";

const ways = (): Ways => ({ go: vi.fn(), start: vi.fn(), stop: vi.fn(), setTheme: vi.fn(), speak: vi.fn(), signOut: vi.fn() });
const mine = [workspace({ id: "a1", name: "quiet-harbor", status: "RUNNING" }), workspace({ id: "b2", name: "dim-lake", status: "STOPPED" })];
const titles = (query: string, recent: string[] = [], admin = false) =>
  Object.fromEntries(offer(commands(mine, admin, ways()), query, recent).map((o) => [o.title, o.commands.map((c) => c.title)]));

test("without a query workspaces come first, and no order to one of them", () => {
  const found = titles("");
  expect(Object.keys(found)).toEqual(["Workspaces", "Go to", "Do"]);
  expect(found.Workspaces).toEqual(["quiet-harbor", "dim-lake"]);
  expect(found.Do).not.toContain("Stop quiet-harbor");
});

test("what was done last comes first and once; what is gone is left out", () => {
  const found = titles("", ["stop a1", "open gone", "go /settings"]);
  expect(found.Recent).toEqual(["Stop quiet-harbor", "Settings"]);
  expect(found["Go to"]).not.toContain("Settings");
});

test("a search finds orders that make sense now", () => {
  expect(titles("stop").Found).toEqual(["Stop quiet-harbor"]);
  expect(titles("start dim").Found).toEqual(["Start dim-lake"]);
  expect(titles("start quiet")).toEqual({});
});

test("pages of administrators are offered to them alone", () => {
  expect(titles("audit")).toEqual({});
  expect(titles("audit", [], true).Found).toEqual(["Administration: Audit log"]);
});

test("commands lead where they say", () => {
  const way = ways();
  const all = commands([workspace({ id: "a1", name: "one", status: "RUNNING" }), { ...workspace({ id: "c3", name: "seen" }), right: "view" }], false, way);
  const run = (id: string) => all.find((c) => c.id === id)?.run();
  run("open a1");
  run("open c3");
  run("go /settings#tokens");
  expect(vi.mocked(way.go).mock.calls).toEqual([["/w/a1"], ["/w/c3/review"], ["/settings#tokens"]]);
  expect(all.some((c) => c.id === "start c3" || c.id === "stop c3")).toBe(false);
  run("stop a1");
  expect(way.stop).toHaveBeenCalledOnce();
});
