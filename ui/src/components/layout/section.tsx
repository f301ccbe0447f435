import { type ReactNode, useId } from "react";
import { Card } from "@/components/ui/card";

interface SectionProps {
  /** What an address can name it by, behind "#". */
  anchor?: string;
  title: string;
  description?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

/** One subject of a page, in a card with a heading. */
export function Section({ anchor, title, description, action, children }: SectionProps) {
  const id = useId();
  return (
    <section id={anchor} aria-labelledby={id} className="scroll-mt-20">
      <Card>
        <div className="flex flex-wrap items-start justify-between gap-4 p-5 sm:p-6">
          <div className="grid max-w-lg gap-1">
            <h2 id={id} className="font-semibold">
              {title}
            </h2>
            {description && <p className="text-sm text-muted-foreground">{description}</p>}
          </div>
          {action}
        </div>
        <div className="px-5 pb-5 sm:px-6 sm:pb-6">{children}</div>
      </Card>
    </section>
  );
}
