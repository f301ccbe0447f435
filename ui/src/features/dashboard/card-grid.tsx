import { type RefCallback, useId } from "react";
import type { Workspace } from "@/api/types";
import type { Selection } from "@/components/ui/table-types";
import { WorkspaceCard } from "./workspace-card";

interface CardGridProps {
  title: string;
  /** The title is for screen readers only. */
  quiet?: boolean;
  workspaces: Workspace[];
  watch: RefCallback<HTMLElement>;
  selection: Selection | undefined;
}

/** Workspaces side by side under a title; nothing when there are none. */
export function CardGrid({ title, quiet, workspaces, watch, selection }: CardGridProps) {
  const id = useId();
  if (workspaces.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={quiet ? "sr-only" : "mt-8 mb-3 text-lg font-semibold tracking-tight"}>
        {title}
      </h2>
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {workspaces.map((workspace) => (
          <WorkspaceCard key={workspace.id} workspace={workspace} watch={watch} selection={selection} />
        ))}
      </ul>
    </section>
  );
}
