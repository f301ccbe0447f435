import type { Workspace } from "@/api/types";

/** A stopped workspace, with what a test wants different. */
export function workspace(changes: Partial<Workspace> = {}): Workspace {
  return {
    id: "abcdefghij12",
    name: "quiet-harbor",
    status: "STOPPED",
    statusReason: "",
    vscodePort: 0,
    agentPort: 0,
    containerId: "",
    vscodeUrl: "https://abcdefghij12.ws.localhost:8443/",
    agentUrl: "wss://abcdefghij12.agent.localhost:8443/",
    template: "",
    githubRepo: "",
    branch: "",
    nixConfig: "",
    memory: 2 ** 31,
    cpu: 1e9,
    idleTimeout: 1800,
    lastActiveAt: null,
    activity: [],
    stopsAt: null,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    ownerId: "u1",
    folder: "",
    templateVersion: 0,
    clone: { state: "", problem: "" },
    notices: [],
    packages: [],
    right: "owner",
    owner: { id: "u1", name: "Asha Rao", email: "asha@example.com" },
    sharedWith: 0,
    deletesAt: null,
    ...changes,
  };
}
