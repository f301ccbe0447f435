import { SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";

export function EmptyState({ action }: { action: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-5 rounded-2xl border border-dashed border-input px-6 py-16 text-center">
      <span className="grid size-12 place-items-center rounded-xl bg-primary/10 text-link">
        <SquareTerminal aria-hidden className="size-6" />
      </span>
      <div className="grid max-w-sm gap-1.5">
        <h2 className="text-lg font-semibold tracking-tight">Create your first workspace</h2>
        <p className="text-sm text-muted-foreground">
          VS Code, a terminal and your repository in the browser, ready in seconds. It stops by itself when you leave, and your files stay.
        </p>
      </div>
      {action}
    </div>
  );
}
