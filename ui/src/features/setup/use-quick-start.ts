import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCreateWorkspace } from "@/api/queries/workspaces";
import type { CreateWorkspace } from "@/api/types";
import { nameFor } from "@/features/new/repo-address";
import { suggestName } from "@/lib/names";

interface Wanted {
  repo?: string;
  branch?: string;
  template?: string;
}

/** Makes and starts a workspace of which everything else is as usual, and goes to it. */
export function useQuickStart() {
  const create = useCreateWorkspace();
  const navigate = useNavigate();
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [wanted, setWanted] = useState<Wanted>();
  const start = (next: Wanted) => {
    if (create.isPending) return;
    setWanted(next);
    const body: CreateWorkspace = {
      name: next.repo ? nameFor(next.repo, []) : suggestName([]),
      ...(next.repo && { githubRepo: next.repo }),
      ...(next.branch && { branch: next.branch }),
      ...(next.template && { template: next.template }),
    };
    // The promise, not callbacks: once the workspace is in the list this page is another.
    create.mutateAsync({ key, ...body }).then(
      (made) => navigate({ to: "/w/$id", params: { id: made.id } }),
      () => setKey(crypto.randomUUID()), // the next one asks for something else
    );
  };
  return { start, wanted: create.isPending ? wanted : undefined, error: create.error };
}
