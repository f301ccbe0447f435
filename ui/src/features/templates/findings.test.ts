import { expect, test } from "vitest";
import type { Finding } from "@/api/types";
import { at, sentences } from "./findings";

const finding = (field: string, message = field): Finding => ({ field, message, line: 0, column: 0, severity: "error" });

test("findings are found at their place, however long the way to it is written", () => {
  const all = ["packages[1]", "definition.packages[2]", "body.definition.ports[1].port", 'files["a/b.c"]', "flake"].map((f) => finding(f));
  expect(at(all, "packages").map((f) => f.field)).toEqual(["packages[1]", "definition.packages[2]"]);
  expect(at(all, "packages", 2)).toHaveLength(1);
  expect(at(all, "ports", 1)).toHaveLength(1);
  expect(at(all, "ports", 0)).toHaveLength(0);
  expect(at(all, "files", "a/b.c")).toHaveLength(1);
});

test("the same sentence is said once", () => {
  expect(sentences([finding("a", "No."), finding("b", "No."), finding("c", "Never.")])).toBe("No. Never.");
});
