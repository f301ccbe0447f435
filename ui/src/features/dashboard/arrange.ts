import type { Workspace, WorkspaceStatus } from "@/api/types";
import type { Sort } from "@/components/ui/table-types";
import { repositoryName } from "@/features/repository/repository-name";
import { language } from "@/i18n/language";

export interface Filter {
  /** Words that all have to be in the name, the repository, the branch, the template or the owner. */
  text: string;
  /** Empty is every one. */
  status: WorkspaceStatus | "";
}

/** Those that pass, in the order they came. */
export function filterWorkspaces(list: Workspace[], { text, status }: Filter): Workspace[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return list.filter((w) => {
    if (status && w.status !== status) return false;
    if (words.length === 0) return true;
    const where = fold([w.name, repositoryName(w.githubRepo), w.branch, w.template, w.owner?.name, w.owner?.email].join("\n"));
    return words.every((word) => where.includes(word));
  });
}

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const statusOrder: WorkspaceStatus[] = ["ERROR", "STARTING", "RUNNING", "STOPPING", "STOPPED"];
const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
const time = (iso: string | null) => (iso === null ? 0 : Date.parse(iso));

const orders: Record<string, (a: Workspace, b: Workspace) => number> = {
  name: (a, b) => collator.compare(a.name, b.name),
  status: (a, b) => statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status),
  owner: (a, b) => collator.compare(a.owner?.name ?? "", b.owner?.name ?? ""),
  code: (a, b) => collator.compare(repositoryName(a.githubRepo), repositoryName(b.githubRepo)),
  lastActiveAt: (a, b) => time(a.lastActiveAt) - time(b.lastActiveAt),
  createdAt: (a, b) => time(a.createdAt) - time(b.createdAt),
  memory: (a, b) => a.memory - b.memory,
};

/** Sorted; equal ones stay as they came. */
export function sortWorkspaces(list: Workspace[], { by, descending }: Sort): Workspace[] {
  const order = orders[by];
  if (!order) return list;
  return list.toSorted((a, b) => (descending ? order(b, a) : order(a, b)));
}

/** The sort that follows from a click on a column's head: times begin with the latest. */
export function nextSort(now: Sort, by: string): Sort {
  if (now.by === by) return { by, descending: !now.descending };
  return { by, descending: by.endsWith("At") || by === "memory" };
}
