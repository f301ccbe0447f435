import { putPort } from "@/api/queries/ports";
import type { WorkspacePort } from "@/api/types";

/**
 * The list with the ports that were set on this page and are no longer on it. The server
 * forgets a port on which nothing listens when only the owner may open it; a row must
 * not go from under the hand that has just set it.
 */
export function withKept(ports: WorkspacePort[], kept: WorkspacePort[]): WorkspacePort[] {
  return kept.filter(({ port }) => !ports.some((p) => p.port === port)).map(forgotten).reduce(putPort, ports);
}

function forgotten({ port, url }: WorkspacePort): WorkspacePort {
  return { port, url, listening: false, address: "", process: "", visibility: "owner", rewriteHost: false };
}
