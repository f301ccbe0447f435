import type { ReactNode } from "react";
import { Card } from "@/components/ui/card";
import { Trend } from "./trend";

interface TileProps {
  name: string;
  value: ReactNode;
  /** What the value is made of. */
  detail?: ReactNode;
  /** How it went, oldest first. */
  trend?: number[];
}

/** One figure at a glance. Stands in a definition list. */
export function Tile({ name, value, detail, trend }: TileProps) {
  return (
    <Card className="flex min-w-0 flex-col gap-1 p-4">
      <dt className="text-sm text-muted-foreground">{name}</dt>
      <dd className="text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
      {detail && <dd className="text-sm text-muted-foreground tabular-nums">{detail}</dd>}
      {trend && (
        <dd className="mt-auto pt-1">
          <Trend values={trend} />
        </dd>
      )}
    </Card>
  );
}
