import { ChevronRight, type LucideIcon } from "lucide-react";
import { type ReactNode, type Ref, useId, useState } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import type { Progress } from "./call";
import { progresses } from "./progress";

interface CardFrameProps {
  icon: LucideIcon;
  label: string;
  /** What the call is about, in one line. */
  subject?: string;
  /** Short figures at the end of the line. */
  aside?: ReactNode;
  progress: Progress;
  /** Beside the line, a button for example. */
  action?: ReactNode;
  /** Below the line, whether open or not. */
  always?: ReactNode;
  /** Below the line while it is closed. */
  peek?: ReactNode;
  body?: ReactNode;
  header?: Ref<HTMLButtonElement>;
}

/** One line for a call; opened it shows all of it. */
export function CardFrame({ icon: Icon, label, subject, aside, progress, action, always, peek, body, header }: CardFrameProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { label: named, dot, moving } = progresses[progress];
  const state = t(named);
  return (
    <div className="min-w-0 overflow-hidden rounded-lg border border-border bg-surface text-sm">
      <div className="flex items-center pr-1">
        <button
          ref={header}
          type="button"
          aria-expanded={open}
          aria-controls={open ? id : undefined}
          onClick={() => setOpen(!open)}
          className="flex min-h-9 min-w-0 flex-1 items-center gap-2 rounded-lg py-1 pr-2 pl-3 text-left -outline-offset-2 hover:bg-muted"
        >
          <Icon aria-hidden className="size-4 shrink-0 text-muted-foreground" />
          <span className="shrink-0 font-medium">{label}</span>
          <span title={subject} className="min-w-0 flex-1 truncate font-mono text-[0.8125rem] text-muted-foreground">
            {subject}
          </span>
          {aside && <span className="flex shrink-0 items-center gap-2 text-xs text-muted-foreground tabular-nums">{aside}</span>}
          <span aria-hidden title={state} className={cn("size-2 shrink-0 rounded-full", dot, moving && "animate-pulse")} />
          <span className="sr-only">, {state}</span>
          <ChevronRight aria-hidden className={cn("size-4 shrink-0 text-muted-foreground transition-transform", open && "rotate-90")} />
        </button>
        {action}
      </div>
      {/* What is given may turn out to be nothing. */}
      <div className="border-t border-border empty:hidden">{always}</div>
      <div className="border-t border-border empty:hidden">{!open && peek}</div>
      {open && (
        <div id={id} className="border-t border-border">
          {body}
        </div>
      )}
    </div>
  );
}
