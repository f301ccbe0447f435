import type { ReactNode } from "react";

/** Things below one another with a line between them. */
export function RowList({ children }: { children: ReactNode }) {
  return <ul className="divide-y divide-border rounded-lg border border-border">{children}</ul>;
}

interface RowProps {
  title: ReactNode;
  /** The whole title, where it is cut. */
  fullTitle?: string;
  badges?: ReactNode;
  details: ReactNode;
  action?: ReactNode;
}

export function Row({ title, fullTitle, badges, details, action }: RowProps) {
  return (
    <li className="flex items-center justify-between gap-4 px-4 py-3">
      <div className="grid min-w-0 grid-cols-1 gap-0.5">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <span title={fullTitle} className="max-w-full truncate text-sm font-medium">
            {title}
          </span>
          {badges}
        </div>
        <p className="text-sm break-words text-muted-foreground">{details}</p>
      </div>
      {action}
    </li>
  );
}

export function EmptyRow({ children }: { children: ReactNode }) {
  return <p className="rounded-lg border border-dashed border-input px-4 py-6 text-center text-sm text-balance text-muted-foreground">{children}</p>;
}
