import type { UnpushedBranch, UnpushedRepository, UnpushedWork } from "@/api/types";
import { language } from "@/i18n/language";
import { t, tn } from "@/i18n/t";

const maxCommits = 10_000; // the server counts no further

/** Whether deleting the workspace would lose something that is nowhere else, or may. */
export function hasSomethingToLose(work: UnpushedWork): boolean {
  return work.repositories.length > 0;
}

/** "2 files not committed, 1 stash", or "" for neither. */
export function looseText({ uncommitted, stashes }: UnpushedRepository): string {
  return [uncommitted > 0 && tn("{n} file not committed", "{n} files not committed", uncommitted), stashes > 0 && tn("{n} stash", "{n} stashes", stashes)].filter(Boolean).join(", ");
}

/** "3 commits". */
export function commitsText({ commits }: UnpushedBranch): string {
  return commits >= maxCommits ? t("{n} commits or more", { n: maxCommits.toLocaleString(language) }) : tn("{n} commit", "{n} commits", commits);
}

/** Everything in one short line: "3 commits and 2 files nowhere else". */
export function summary(work: UnpushedWork): string {
  const sum = (of: (r: UnpushedRepository) => number) => work.repositories.reduce((n, r) => n + of(r), 0);
  const commits = sum((r) => r.branches.reduce((n, b) => n + b.commits, 0));
  const files = sum((r) => r.uncommitted);
  const stashes = sum((r) => r.stashes);
  const parts = [commits > 0 && tn("{n} commit", "{n} commits", commits), files > 0 && tn("{n} file", "{n} files", files), stashes > 0 && tn("{n} stash", "{n} stashes", stashes)].filter((p): p is string => Boolean(p));
  if (parts.length === 0) return hasSomethingToLose(work) ? t("Some work may not be pushed") : "";
  return t("{parts} not pushed", { parts: new Intl.ListFormat(language, { type: "conjunction" }).format(parts) });
}
