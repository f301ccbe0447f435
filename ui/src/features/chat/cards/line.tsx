import type { ReactNode } from "react";

/** A sentence or a few figures inside an opened card. */
export function CardLine({ children }: { children: ReactNode }) {
  return <p className="px-3 py-2 break-words text-muted-foreground">{children}</p>;
}
