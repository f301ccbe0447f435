import type { UnpushedBranch, UnpushedRepository, UnpushedWork } from "@/api/types";
import { plural } from "@/lib/format";

const maxCommits = 10_000; // the server counts no further

/** Whether deleting the workspace would lose something that is nowhere else, or may. */
export function hasSomethingToLose(work: UnpushedWork): boolean {
  return work.repositories.length > 0;
}

/** "2 files not committed, 1 stash", or "" for neither. */
export function looseText({ uncommitted, stashes }: UnpushedRepository): string {
  return [uncommitted > 0 && `${plural(uncommitted, "file")} not committed`, stashes > 0 && `${stashes} stash${stashes === 1 ? "" : "es"}`].filter(Boolean).join(", ");
}

/** "3 commits". */
export function commitsText({ commits }: UnpushedBranch): string {
  return commits >= maxCommits ? `${maxCommits.toLocaleString("en")} commits or more` : plural(commits, "commit");
}

/** Everything in one short line: "3 commits and 2 files nowhere else". */
export function summary(work: UnpushedWork): string {
  const sum = (of: (r: UnpushedRepository) => number) => work.repositories.reduce((n, r) => n + of(r), 0);
  const commits = sum((r) => r.branches.reduce((n, b) => n + b.commits, 0));
  const files = sum((r) => r.uncommitted);
  const stashes = sum((r) => r.stashes);
  const parts = [commits > 0 && plural(commits, "commit"), files > 0 && plural(files, "file"), stashes > 0 && `${stashes} stash${stashes === 1 ? "" : "es"}`].filter((p): p is string => Boolean(p));
  if (parts.length === 0) return hasSomethingToLose(work) ? "Some work may not be pushed" : "";
  return `${new Intl.ListFormat("en", { type: "conjunction" }).format(parts)} not pushed`;
}
