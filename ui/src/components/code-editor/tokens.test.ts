import { expect, test } from "vitest";
import { type Kind, type Language, tokenLines } from "./tokens";

/** The pieces of one kind, joined by |. */
function of(kind: Kind, text: string, language: Language): string {
  return (tokenLines(text, language) ?? [])
    .flat()
    .filter((t) => t.kind === kind)
    .map((t) => t.text)
    .join("|");
}

test.each<[string, Language]>([
  ["", "nix"],
  ["\n\n", "json"],
  ["{ a = ''x ${ { b = \"}\"; }.b } ''; } # end", "nix"],
  ['"open ${ "and open', "nix"],
  ["''' ''${ '' ''\\n } } }", "nix"],
  ["/* never closed\n * a */ b /*", "nix"],
  ['{"a": "b\\"", "c": [1.5e3, true, "never closed\n]}', "json"],
  ["🦦\t\r\n${}", "nix"],
  [`"${"x".repeat(50_000)}"`, "json"],
])("no letter of %j is lost or moved", (text, language) => {
  expect(
    tokenLines(text, language)
      ?.map((line) => line.map((t) => t.text).join(""))
      .join("\n"),
  ).toBe(text);
});

test("Nix: names, keywords, strings with code in them, comments", () => {
  const text = 'let pkgs.x = 1; in rec { y = "a ${pkgs.x} b" + \'\'c ${if true then "d" else "}"} \'\'; } # let';
  expect(of("name", text, "nix")).toBe("pkgs.x|y");
  expect(of("keyword", text, "nix")).toBe("let|in|rec|${|}|${if|then|else|}");
  expect(of("string", text, "nix")).toBe(`"a | b"|''c |"d"|"}"| ''`);
  expect(of("value", text, "nix")).toBe("1|true");
  expect(of("comment", text, "nix")).toBe("# let");
});

test("Nix: what is compared is no name, and an escaped ${ no code", () => {
  expect(of("name", "a == b", "nix")).toBe("");
  expect(of("string", '"\\${a}"', "nix")).toBe('"\\${a}"');
  expect(of("string", "''''${a}''", "nix")).toBe("''''${a}''");
});

test("text of no language, and very long text, has no colours", () => {
  expect(tokenLines("a = 1;", "text")).toBeUndefined();
  expect(tokenLines("a = 1;".repeat(20_000), "nix")).toBeUndefined();
});

test("JSON: names are not values", () => {
  expect(of("name", '{"a" : "a", "b": -1.5}', "json")).toBe('"a"|"b"');
  expect(of("string", '{"a" : "a", "b": -1.5}', "json")).toBe('"a"');
  expect(of("value", "[true, null, -1.5, nope]", "json")).toBe("true|null|-1.5");
});

test.each<[string, string, Language]>([
  ["names with dots", "a.".repeat(25_000), "nix"],
  ["names far from what follows", `a${" ".repeat(150)}`.repeat(390), "nix"],
  ["opened strings", '"${'.repeat(19_000), "nix"],
  ["quotes", "'".repeat(59_000), "nix"],
  ["comments", "/*".repeat(29_000), "nix"],
  ["backslashes", `"${"\\".repeat(59_000)}`, "json"],
  ["names and space", `"a"${" ".repeat(150)}`.repeat(380), "json"],
])("odd text takes no time: %s", (_, text, language) => {
  const before = performance.now();
  tokenLines(text, language);
  expect(performance.now() - before).toBeLessThan(5000);
});
