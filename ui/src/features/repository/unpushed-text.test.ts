import { expect, test } from "vitest";
import type { UnpushedRepository, UnpushedWork } from "@/api/types";
import { commitsText, hasSomethingToLose, looseText, summary } from "./unpushed-text";

const repository = (changes: Partial<UnpushedRepository>): UnpushedRepository => ({ folder: "hello", branches: [], uncommitted: 0, stashes: 0, ...changes });
const work = (...repositories: UnpushedRepository[]): UnpushedWork => ({ live: true, asOf: null, found: 2, truncated: false, repositories });

test("what would be lost, in words", () => {
  expect(looseText(repository({}))).toBe("");
  expect(looseText(repository({ uncommitted: 1, stashes: 2 }))).toBe("1 file not committed, 2 stashes");
  expect(commitsText({ name: "main", commits: 1 })).toBe("1 commit");
  expect(commitsText({ name: "main", commits: 10_000 })).toBe("10,000 commits or more");
});

test("all repositories in one line", () => {
  expect([summary(work()), hasSomethingToLose(work())]).toEqual(["", false]);
  const a = repository({ branches: [{ name: "main", commits: 2 }, { name: "x", commits: 1 }], uncommitted: 1 });
  expect(summary(work(a, repository({ stashes: 1, uncommitted: 4 })))).toBe("3 commits, 5 files, and 1 stash not pushed");
  const unreadable = work(repository({ problem: "It cannot be read." }));
  expect([summary(unreadable), hasSomethingToLose(unreadable)]).toEqual(["Some work may not be pushed", true]);
});
