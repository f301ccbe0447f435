import { expect, test } from "vitest";
import { readHost } from "./git-credentials-host";

test.each([
  ["git.example.com", "git.example.com"],
  [" Git.Example.COM ", "git.example.com"],
  ["git.example.com:8443", "git.example.com:8443"],
  ["https://git.example.com:443/group/thing.git", "git.example.com"],
  ["https://asha:secret@git.example.com/x", "git.example.com"],
  ["localhost:3000", "localhost:3000"],
  ["http://git.example.com", undefined],
  ["ssh://git@git.example.com/x", undefined],
  ["git@git.example.com:group/x.git", undefined],
  ["-x.example.com", undefined],
  ["git.example.com:0", undefined],
  ["two words", undefined],
  ["", undefined],
])("%j is %j", (typed, host) => expect(readHost(typed)).toBe(host));
