import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { portsQuery } from "@/api/queries/ports";
import type { Workspace } from "@/api/types";

const lookingMs = 3000; // somebody waits for a server to appear
const countingMs = 15_000; // each asks the container; a number in a corner is not worth more

/** How many ports something listens on; 0 while that is not known. Asks only while the page is seen. */
export function useOpenPorts(workspace: Workspace): number {
  const running = workspace.status === "RUNNING";
  const { data, isError } = useQuery({ ...portsQuery(workspace.id), enabled: running, refetchInterval: countingMs });
  return running && data && !isError ? data.filter((p) => p.listening).length : 0;
}

/**
 * The ports of a running workspace, as they change. Error stays until an answer comes:
 * each poll forgets the failure of the one before, and the page must not blink.
 */
export function usePorts(id: string) {
  const { data: ports, error, isError, refetch } = useQuery({ ...portsQuery(id), refetchInterval: lookingMs });
  const [failure, setFailure] = useState<Error | null>(null);
  const latest = ports && !isError ? null : (error ?? failure);
  if (latest !== failure) setFailure(latest);
  const retry = () => {
    setFailure(null);
    void refetch();
  };
  return { ports, error: latest, retry };
}
