import { expect, test } from "vitest";
import { find } from "./find";

const all = [{ title: "Open quiet-harbor" }, { title: "Stop quiet-harbor", words: "halt" }, { title: "Settings: API tokens" }, { title: "Go to Templates" }, { title: "Übersicht" }];
const titles = (query: string) => find(all, query).map((c) => c.title);

test.each([
  ["", all.map((c) => c.title)],
  ["   ", all.map((c) => c.title)],
  ["harbor", ["Open quiet-harbor", "Stop quiet-harbor"]],
  ["HARBOR stop", ["Stop quiet-harbor"]],
  ["qhb", ["Open quiet-harbor", "Stop quiet-harbor"]],
  ["halt", ["Stop quiet-harbor"]],
  ["token", ["Settings: API tokens"]],
  ["ubers", ["Übersicht"]],
  ["xyz", []],
  ["bh", []], // not from the start of a word on
])("%j finds %j", (query, want) => {
  expect(titles(query)).toEqual(want);
});

test("what begins with the word comes before what has it somewhere", () => {
  const found = find([{ title: "my templates" }, { title: "contemplate" }, { title: "template" }], "temp");
  expect(found.map((c) => c.title)).toEqual(["template", "my templates", "contemplate"]);
});
