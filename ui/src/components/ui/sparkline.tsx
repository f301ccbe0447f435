import { cn } from "@/lib/cn";
import { linePath } from "./sparkline-path";

interface SparklineProps {
  /** Oldest first. */
  values: number[];
  /** The value at the top; 0 is at the bottom. */
  most: number;
  /** How many values fill the width; fewer stand at the right. */
  room: number;
  className?: string;
}

const size = { width: 100, height: 24 };

/** A course at a glance. It says nothing to screen readers: the figure beside it does. */
export function Sparkline({ values, most, room, className }: SparklineProps) {
  const path = linePath(values, { most, room, ...size });
  return (
    <svg aria-hidden viewBox={`0 0 ${size.width} ${size.height}`} preserveAspectRatio="none" className={cn("h-6 w-full overflow-visible text-link", className)}>
      <line x1="0" x2={size.width} y1={size.height} y2={size.height} className="stroke-border" vectorEffect="non-scaling-stroke" />
      {path && (
        <>
          <path d={path.area} fill="currentColor" className="opacity-15" />
          <path d={path.line} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
