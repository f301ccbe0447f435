import type { ReactNode } from "react";
import { Logo } from "./logo";

interface MessagePageProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** One sentence and what to do next, in the middle of the page. */
export function MessagePage({ title, children, action }: MessagePageProps) {
  return (
    <div className="grid min-h-[70dvh] place-items-center px-6 py-12">
      <div className="grid max-w-sm justify-items-center gap-4 text-center">
        <Logo className="size-9" />
        <div className="grid gap-1.5">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          <p className="text-muted-foreground">{children}</p>
        </div>
        {action}
      </div>
    </div>
  );
}
