import { expect, test } from "vitest";
import { requestOf } from "./request";

const defaults = { memory: 2 ** 31, cpu: 1e9, idleTimeout: 1800 };
const options = { size: "1", idle: 1800, nix: " \n", shallow: false, submodules: true, lfs: true };
const base = { name: " a ", repo: undefined, branch: "", template: "", options, defaults };

test("only what differs from the defaults is sent", () => {
  expect(requestOf(base)).toEqual({ name: "a" });
  expect(requestOf({ ...base, repo: "octo/hello", branch: " odd/#1 ", template: "node" })).toEqual({ name: "a", githubRepo: "octo/hello", branch: "odd/#1", template: "node" });
  const all = { size: "2", idle: 0, nix: "{ outputs = 1; }", shallow: true, submodules: false, lfs: false };
  expect(requestOf({ ...base, repo: "octo/hello", options: all })).toEqual({
    name: "a", githubRepo: "octo/hello", memory: 2 ** 32, cpu: 2e9, idleTimeout: 0, nixConfig: "{ outputs = 1; }", clone: { depth: 1, submodules: false, lfs: false },
  });
});

test("without a repository there is neither branch nor clone", () => {
  expect(requestOf({ ...base, branch: "main", options: { ...options, shallow: true } })).toEqual({ name: "a" });
});
