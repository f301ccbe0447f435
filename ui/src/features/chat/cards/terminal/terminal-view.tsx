import { memo, useEffect, useMemo, useRef } from "react";
import { t, tn } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { CopyButton } from "../copy-button";
import type { Style } from "./ansi";
import { type Line, screen } from "./screen";
import "./terminal.css";

interface TerminalViewProps {
  /** A program's output with its escape sequences. */
  output: string;
  label: string;
  /** A few lines only, of something that goes on. */
  small?: boolean;
}

const chunkSize = 100;
/** Pixels from the end within which the view follows it. */
const followWithin = 24;

export function TerminalView({ output, label, small = false }: TerminalViewProps) {
  const { lines, dropped } = useMemo(() => screen(output), [output]);
  const box = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  useEffect(() => {
    if (pinned.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const onScroll = () => {
    const el = box.current;
    if (el) pinned.current = el.scrollHeight - el.scrollTop - el.clientHeight < followWithin;
  };
  const plain = useMemo(() => lines.map(textOf).join("\n"), [lines]);
  return (
    <div className="relative bg-muted">
      {!small && plain !== "" && (
        <div className="absolute top-1 right-3 z-1 rounded-lg bg-muted">
          <CopyButton text={plain} label={t("Copy output")} />
        </div>
      )}
      <div
        ref={box}
        onScroll={onScroll}
        role="region"
        aria-label={label}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
        tabIndex={0}
        className={cn("overflow-auto px-3 py-2 font-mono text-xs leading-5 -outline-offset-2", small ? "max-h-26" : "max-h-80 min-h-9")}
      >
        {dropped > 0 && <div className="text-muted-foreground">{tn("{n} earlier line not shown", "{n} earlier lines not shown", dropped)}</div>}
        {chunks(lines).map((chunk, n) => (
          // oxlint-disable-next-line react/no-array-index-key -- output grows at its end
          <Chunk key={n} lines={chunk} />
        ))}
        {plain === "" && <span className="text-muted-foreground">{t("no output")}</span>}
      </div>
    </div>
  );
}

function chunks(lines: readonly Line[]): Line[][] {
  return Array.from({ length: Math.ceil(lines.length / chunkSize) }, (_, n) => lines.slice(n * chunkSize, (n + 1) * chunkSize));
}

// What scrolled by is neither drawn again nor laid out while it is out of sight.
const Chunk = memo(
  function Chunk({ lines }: { lines: readonly Line[] }) {
    return (
      <div className={lines.length === chunkSize ? "[contain-intrinsic-size:auto_2000px] [content-visibility:auto]" : undefined}>
        {lines.map((line, n) => (
          // oxlint-disable-next-line react/no-array-index-key -- see above
          <div key={n} className="min-h-5 break-all whitespace-pre-wrap">
            {line.map((span, i) => (
              // oxlint-disable-next-line react/no-array-index-key -- see above
              <span key={i} className={classes(span.style)}>
                {span.text}
              </span>
            ))}
          </div>
        ))}
      </div>
    );
  },
  (a, b) => a.lines.length === b.lines.length && a.lines.every((line, n) => same(line, b.lines[n])),
);

function same(a: Line, b: Line | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((span, i) => span.text === b[i]?.text && classes(span.style) === classes(b[i]?.style ?? {}));
}

const textOf = (line: Line) => line.map((span) => span.text).join("");

const colours = [
  "text-(--ansi-0)", "text-(--ansi-1)", "text-(--ansi-2)", "text-(--ansi-3)", "text-(--ansi-4)", "text-(--ansi-5)", "text-(--ansi-6)", "text-(--ansi-7)",
  "text-(--ansi-8)", "text-(--ansi-9)", "text-(--ansi-10)", "text-(--ansi-11)", "text-(--ansi-12)", "text-(--ansi-13)", "text-(--ansi-14)", "text-(--ansi-15)",
];
const tints = [
  "bg-(--ansi-0)/15", "bg-(--ansi-1)/15", "bg-(--ansi-2)/15", "bg-(--ansi-3)/15", "bg-(--ansi-4)/15", "bg-(--ansi-5)/15", "bg-(--ansi-6)/15", "bg-(--ansi-7)/15",
  "bg-(--ansi-8)/15", "bg-(--ansi-9)/15", "bg-(--ansi-10)/15", "bg-(--ansi-11)/15", "bg-(--ansi-12)/15", "bg-(--ansi-13)/15", "bg-(--ansi-14)/15", "bg-(--ansi-15)/15",
];

/** On a background the text keeps its own colour: a program may choose two that cannot be told apart. */
function classes({ colour, background, bold, dim, italic, underline, strike }: Style): string | undefined {
  const found = [
    background !== undefined ? tints[background] : colour !== undefined ? colours[colour] : dim && "text-muted-foreground",
    bold && "font-semibold",
    italic && "italic",
    underline && "underline",
    strike && "line-through",
  ].filter(Boolean);
  return found.length > 0 ? found.join(" ") : undefined;
}
