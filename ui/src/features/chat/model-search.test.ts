import { expect, test } from "vitest";
import { findModels, modelName } from "./model-search";
import type { Model } from "./types";

const model = (id: string, name: string, isDefault = false) => ({ id, name, default: isDefault }) as Model;
const all = [model("maker/large", "Maker: Large", true), model("maker/small", "Maker: Small"), model("b/x", "Bee X")];
test("are found by words of name and id in any order", () => {
  expect(findModels(all, "SMALL maker").map((m) => m.id)).toEqual(["maker/small"]);
  expect(findModels(all, " ")).toHaveLength(3);
  expect(findModels(all, "none")).toEqual([]);
});
test("have a name, known or not", () => {
  expect([modelName(all, ""), modelName(all, "b/x"), modelName(all, "q/unheard"), modelName(undefined, "")]).toEqual(["Large", "Bee X", "unheard", "Default model"]);
});
