import type { ReactNode } from "react";

interface PanelProps {
  title: string;
  children: ReactNode;
}

/** What a workspace shows while its editor does not run. */
export function Panel({ title, children }: PanelProps) {
  return (
    <section className="mx-auto grid w-full max-w-2xl gap-5 px-4 py-10 sm:px-6 sm:py-16">
      <h2 className="text-xl font-semibold tracking-tight">{title}</h2>
      {children}
    </section>
  );
}
