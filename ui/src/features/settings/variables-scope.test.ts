import { expect, test } from "vitest";
import { nameFault, scopeName } from "./variables-scope";

test.each(["A", "_x", "database_url", "A1", "PATHS", "HOMEPAGE"])("%s is a name", (name) => expect(nameFault(name)).toBeUndefined());
test.each(["", "1A", "A-B", "A B", "É", "PATH", "home", "LD_PRELOAD", "Kalpana_Token", "BASH_ENV"])("%j is none", (name) => expect(nameFault(name)).toBeDefined());

test("a template that is gone is still told apart", () => {
  expect(scopeName("", [])).toBe("All workspaces");
  expect(scopeName("nonesuch12ab", [])).toBe("Template nonesuch12ab, which is gone");
});
