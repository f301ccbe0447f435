import { expect, test } from "vitest";
import { badgeMarkdown } from "./badge";

test("the badge's link survives odd names", () => {
  expect(badgeMarkdown("https://k.example", "octo/hello", "")).toBe("[![Open in Kalpana](https://k.example/badge.svg)](https://k.example/new?repo=octo%2Fhello)");
  const odd = badgeMarkdown("https://k.example", "https://git.example.com/a b", "fix(#1)&x=[y]");
  const address = /\]\(([^\]]+)\)$/.exec(odd)?.[1] ?? "";
  expect(address).not.toMatch(/[()[\]]/);
  expect(Object.fromEntries(new URL(address).searchParams)).toEqual({ repo: "https://git.example.com/a b", branch: "fix(#1)&x=[y]" });
});
