import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { cn } from "@/lib/cn";

interface SplitterProps {
  /** What it changes the size of; it lies to the right of the line, or below it. */
  label: string;
  /** Of the line. */
  orientation: "vertical" | "horizontal";
  /** Pixels. */
  size: number;
  least: number;
  most: number;
  usual: number;
  /** Keep: the move is over. */
  onResize: (size: number, keep: boolean) => void;
  /** Frames take the pointer away from a drag unless they are told not to. */
  onDrag: (dragging: boolean) => void;
}

const step = 24;

/** The line between two panes: dragged, or moved with the arrow keys; a double click sets it back. */
export function Splitter({ label, orientation, size, least, most, usual, onResize, onDrag }: SplitterProps) {
  const begun = useRef<{ at: number; size: number }>(undefined);
  const [dragging, setDragging] = useState(false);
  const upright = orientation === "vertical";
  const bound = (next: number) => Math.min(most, Math.max(least, next));
  const at = (event: PointerEvent) => (upright ? event.clientX : event.clientY);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    begun.current = { at: at(event), size };
    setDragging(true);
    onDrag(true);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (begun.current) onResize(bound(begun.current.size + begun.current.at - at(event)), false);
  };
  const onPointerEnd = () => {
    if (!begun.current) return;
    begun.current = undefined;
    setDragging(false);
    onDrag(false);
    onResize(bound(size), true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const [more, less] = upright ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const to: Record<string, number> = { [more as string]: size + step, [less as string]: size - step, Home: most, End: least };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onResize(bound(next), true);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that moves is a control (ARIA 1.2)
    <div
      role="separator"
      aria-orientation={orientation}
      aria-label={label}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={bound(size)}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onLostPointerCapture={onPointerEnd}
      onDoubleClick={() => onResize(bound(usual), true)}
      onKeyDown={onKeyDown}
      className={cn(
        "relative z-10 shrink-0 touch-none bg-border transition-colors after:absolute hover:bg-ring focus-visible:bg-ring",
        upright ? "w-px cursor-col-resize after:inset-y-0 after:-left-1.5 after:w-3" : "h-px cursor-row-resize after:inset-x-0 after:-top-1.5 after:h-3",
        dragging && "bg-ring",
      )}
    />
  );
}
