import { expect, test } from "vitest";
import { choiceOf, describe, sizeChoices, sizeOf } from "./size";

const standard = { memory: 2 ** 31, cpu: 1e9 };

test("sizes are multiples of the installation's default", () => {
  expect(sizeChoices(standard).map((c) => [c.value, c.title, c.detail.replaceAll("\u00a0", " ")])).toEqual([
    ["1", "Standard", "2 GiB · 1 CPU"],
    ["2", "Large", "4 GiB · 2 CPUs"],
    ["4", "Extra large", "8 GiB · 4 CPUs"],
  ]);
});

test("a workspace's size is found among the choices, or is one of its own", () => {
  expect(choiceOf(sizeOf("2", standard), standard)).toBe("2");
  expect(choiceOf({ memory: 2 ** 32, cpu: 1e9 }, standard)).toBe("");
  expect(describe({ memory: 3 * 2 ** 29, cpu: 15e8 })).toBe("1.5\u00a0GiB · 1.5\u00a0CPUs");
});
