import { expect, test } from "vitest";
import { repositoryName } from "@/features/repository/repository-name";
import { nameFor, readAddress } from "./repo-address";

const read = (text: string) => readAddress(text, "https://github.com");
const github = (fullName: string, branch?: string) => ({ kind: "github", fullName, ...(branch && { branch }) });
const git = (url: string) => ({ kind: "git", url });

test.each([
  ["octo/hello", github("octo/hello")],
  [" octo/hello.git ", github("octo/hello")],
  ["octo/.github", github("octo/.github")],
  ["https://github.com/octo/hello", github("octo/hello")],
  ["https://www.github.com/octo/hello.git", github("octo/hello")],
  ["http://github.com/octo/hello/", github("octo/hello")],
  ["github.com/octo/hello/issues/3?x=1#y", github("octo/hello")],
  ["https://github.com/octo/hello/tree/feature/%23odd%20name", github("octo/hello", "feature/#odd name")],
  ["https://github.com/octo/hello/tree/%zz", github("octo/hello", "%zz")],
  ["git@github.com:octo/hello.git", github("octo/hello")],
  ["ssh://git@github.com/octo/hello", github("octo/hello")],
  ["ssh://git@git.example.com:2222/a/b.git", git("https://git.example.com/a/b.git")],
  ["https://git.example.com/group/sub/thing.git", git("https://git.example.com/group/sub/thing.git")],
  ["https://git.example.com:8443/thing/?x=1#y", git("https://git.example.com:8443/thing")],
  ["git.example.com/thing", git("https://git.example.com/thing")],
  ["hello", { kind: "words" }],
  ["", { kind: "words" }],
  ["octo/", { kind: "words" }],
  ["octo/..", { kind: "words" }],
  ["-octo/hello", { kind: "words" }],
  ["two words", { kind: "words" }],
  ["https://", { kind: "words" }],
])("%s", (text, want) => expect(read(text)).toEqual(want));

test.each([
  ["https://asha:secret@git.example.com/a/b", "store it in the settings"],
  ["https://token@github.com/a/b", "store it in the settings"],
  ["http://git.example.com/a/b", "https://"],
  ["file:///etc/passwd", "https://"],
  ["javascript://x/%0aalert(1)", "https://"],
  ["https://git.example.com", "no repository on it"],
  ["https://github.com/settings", "owner/name"],
  [`https://git.example.com/${"a".repeat(300)}`, "too long"],
])("%s is refused", (text, why) => expect(read(text)).toEqual({ kind: "refused", why: expect.stringContaining(why) }));

test("another GitHub is known by its own address, and github.com is any host then", () => {
  expect(readAddress("http://git.corp:8080/octo/hello", "http://git.corp:8080")).toEqual(github("octo/hello"));
  expect(readAddress("https://github.com/octo/hello", "http://git.corp:8080")).toEqual(git("https://github.com/octo/hello"));
  expect(readAddress("https://github.com/octo/hello", "")).toEqual(git("https://github.com/octo/hello"));
});

test("a workspace is called like its repository, once", () => {
  expect(nameFor("octo/hello", [])).toBe("hello");
  expect(nameFor("https://git.example.com/a/thing.git", ["thing", "thing-2"])).toBe("thing-3");
  expect(nameFor(`octo/${"n".repeat(100)}`, []).length).toBe(50);
  expect(repositoryName("https://git.example.com/a/thing.git")).toBe("git.example.com/a/thing");
});
