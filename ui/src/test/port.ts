import type { WorkspacePort } from "@/api/types";

/** A port something listens on, with what a test wants different. */
export function port(changes: Partial<WorkspacePort> = {}): WorkspacePort {
  return {
    port: 3000,
    url: "https://3000-abcdefghij12.ws.localhost:8443/",
    listening: true,
    address: "127.0.0.1",
    process: "node",
    visibility: "owner",
    rewriteHost: false,
    ...changes,
  };
}
