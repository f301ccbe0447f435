import { expect, test } from "vitest";
import type { Template } from "@/api/types";
import { contents, portsText, search } from "./contents";
import { emptyDefinition } from "./definition";

const port = (n: number) => ({ port: n, label: "", visibility: "owner" as const, open: false });

test("what is in it, in a few words", () => {
  expect(contents(emptyDefinition)).toBe("The tools of every workspace");
  expect(contents({ ...emptyDefinition, flake: "{}", packages: ["a", "b", "c", "d", "e"], tasks: [{ label: "x", command: "y" }], files: { a: "", b: "" } })).toBe(
    "Nix flake · a, b, c and 2 more · 1 task · 2 files",
  );
  expect(portsText(emptyDefinition)).toBe("");
  expect(portsText({ ...emptyDefinition, ports: [port(3000)] })).toBe("Port 3000");
  expect(portsText({ ...emptyDefinition, ports: [1, 2, 3, 4, 5].map(port) })).toBe("Ports 1, 2, 3, 4 and 1 more");
});

test("every word has to be somewhere", () => {
  const all = [
    { id: "go", name: "Go", description: "A language", definition: { ...emptyDefinition, packages: ["gopls"] } },
    { id: "rust", name: "Rust", description: "Another language", definition: emptyDefinition },
  ] as Template[];
  const found = (words: string) => search(all, words).map((t) => t.id);
  expect(found("  ")).toEqual(["go", "rust"]);
  expect(found("LANGUAGE gopls")).toEqual(["go"]);
  expect(found("language python")).toEqual([]);
});
