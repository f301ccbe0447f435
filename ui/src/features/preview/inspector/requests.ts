import type { Inspected } from "@/api/types";

/** As many as the server keeps of a port. */
const kept = 100;

/** The list with these in it, newest first, each once: what came later says how it ended. */
export function mergeRequests(list: Inspected[], news: Inspected[]): Inspected[] {
  const byId = new Map(list.map((r) => [r.id, r]));
  for (const r of news) byId.set(r.id, r);
  return [...byId.values()].toSorted((a, b) => b.time.localeCompare(a.time) || b.id.localeCompare(a.id)).slice(0, kept);
}

export type Kind = "all" | "failed" | "sockets";

export interface Filter {
  kind: Kind;
  /** Words that must all be in method, path or status. */
  text: string;
}

export function failed(request: Inspected): boolean {
  return (request.status === 0 && !request.open) || request.status >= 400;
}

export function matches(request: Inspected, { kind, text }: Filter): boolean {
  if (kind === "failed" && !failed(request)) return false;
  if (kind === "sockets" && !request.socket) return false;
  const all = `${request.method} ${request.path} ${request.status}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
