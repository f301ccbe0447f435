import { type KeyboardEvent, type PointerEvent, useEffect, useState } from "react";
import { cn } from "@/lib/cn";
import { chatWidths } from "./use-chat-layout";

interface SplitterProps {
  /** Of the chat on its right, in pixels. */
  width: number;
  /** Keep: the move is over. */
  onResize: (width: number, keep: boolean) => void;
  /** Frames take the pointer away from a drag unless they are told not to. */
  onDrag: (dragging: boolean) => void;
}

const step = 24;

/** The line between editor and chat: dragged, or moved with the arrow keys; a double click sets it back. */
export function Splitter({ width, onResize, onDrag }: SplitterProps) {
  const [dragging, setDragging] = useState(false);
  const most = useWidest();
  const bound = (next: number) => Math.min(most, Math.max(chatWidths.least, next));
  const drag = (on: boolean) => {
    setDragging(on);
    onDrag(on);
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag(true);
  };
  const onPointerMove = (event: PointerEvent) => dragging && onResize(bound(window.innerWidth - event.clientX), false);
  const onPointerEnd = () => {
    if (!dragging) return;
    drag(false);
    onResize(bound(width), true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to: Record<string, number> = { ArrowLeft: width + step, ArrowRight: width - step, Home: most, End: chatWidths.least };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onResize(bound(next), true);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that moves is a control (ARIA 1.2)
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the chat"
      aria-valuemin={chatWidths.least}
      aria-valuemax={most}
      aria-valuenow={bound(width)}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onLostPointerCapture={onPointerEnd}
      onDoubleClick={() => onResize(bound(chatWidths.usual), true)}
      onKeyDown={onKeyDown}
      className={cn(
        "relative z-10 w-px shrink-0 cursor-col-resize touch-none bg-border transition-colors after:absolute after:inset-y-0 after:-left-1.5 after:w-3 hover:bg-ring focus-visible:bg-ring",
        dragging && "bg-ring",
      )}
    />
  );
}

/** The widest a chat may be, in pixels. */
const widest = () => Math.max(chatWidths.least, window.innerWidth - chatWidths.editorLeast);

function useWidest(): number {
  const [now, setNow] = useState(widest);
  useEffect(() => {
    const onResize = () => setNow(widest());
    window.addEventListener("resize", onResize);
    return () => window.removeEventListener("resize", onResize);
  }, []);
  return now;
}
