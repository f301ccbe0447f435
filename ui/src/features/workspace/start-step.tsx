import { Check, ChevronRight, CircleEllipsis, CircleX, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Progress } from "@/components/ui/progress";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import { type StartStep, took } from "./start-steps";
import type { ShownLine } from "./use-start-log";
import { useSeconds } from "./use-seconds";

interface StartStepItemProps {
  step: StartStep;
  /** The start goes on; else a step without an end was cut off. */
  live: boolean;
  /** The workspace runs without something of this step. */
  incomplete: boolean;
}

/** A step with its tick, its time and, unfolded, everything it said. */
export function StartStepItem({ step, live, incomplete }: StartStepItemProps) {
  const { name, state, lines } = step;
  const active = state === "active" && live;
  const [open, setOpen] = useState(state === "failed");
  const last = lines.at(-1);
  useEffect(() => {
    if (state === "failed") setOpen(true);
  }, [state]);
  return (
    <li>
      <details open={open} onToggle={(e) => setOpen(e.currentTarget.open)} className="group">
        <summary className="grid cursor-pointer list-none grid-cols-1 gap-1.5 px-4 py-2.5 text-sm -outline-offset-2 select-none hover:bg-muted [&::-webkit-details-marker]:hidden">
          <span className="flex min-w-0 items-center gap-2.5">
            <StateIcon state={state} active={active} incomplete={incomplete} />
            <span className="shrink-0 font-medium">{t(name)}</span>
            {!active && !open && last && <span className="min-w-0 truncate text-muted-foreground max-sm:hidden">{last.text}</span>}
            <span className="ml-auto flex shrink-0 items-center gap-2 text-xs text-muted-foreground tabular-nums">
              <Time step={step} active={active} />
              <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
            </span>
          </span>
          {active && last && (
            <span className="grid gap-1.5 pl-6.5">
              <span className="break-words text-muted-foreground">{last.text}</span>
              {last.percent !== undefined && <Progress label={t(name)} percent={last.percent} />}
            </span>
          )}
        </summary>
        {open && <Lines lines={lines} name={name} />}
      </details>
    </li>
  );
}

function StateIcon({ state, active, incomplete }: { state: StartStep["state"]; active: boolean; incomplete: boolean }) {
  if (active) return <Spinner className="shrink-0" />;
  if (incomplete && state !== "failed") {
    return (
      <>
        <TriangleAlert aria-hidden className="size-4 shrink-0 text-notice-text" />
        <span className="sr-only">{t("Not complete:")}</span>
      </>
    );
  }
  if (state === "done") {
    return (
      <>
        <Check aria-hidden className="size-4 shrink-0 text-ok" />
        <span className="sr-only">{t("Done:")}</span>
      </>
    );
  }
  if (state === "behind") {
    return (
      <>
        <CircleEllipsis aria-hidden className="size-4 shrink-0 text-muted-foreground" />
        <span className="sr-only">{t("Behind the running workspace:")}</span>
      </>
    );
  }
  return (
    <>
      <CircleX aria-hidden className="size-4 shrink-0 text-danger-text" />
      <span className="sr-only">{state === "failed" ? t("Failed:") : t("Cut off:")}</span>
    </>
  );
}

function Time({ step, active }: { step: StartStep; active: boolean }) {
  const [first] = step.lines;
  const since = first ? Date.parse(first.time) - (first.elapsed - step.begin) : 0;
  const seconds = useSeconds(active ? since : undefined);
  if (active) return <span aria-hidden>{seconds > 0 && took(seconds * 1000)}</span>;
  return step.end === undefined ? null : <span>{took(step.end - step.begin)}</span>;
}

/** The lines, scrolled to their end as they come unless the reader scrolled up. */
function Lines({ lines, name }: { lines: ShownLine[]; name: string }) {
  const box = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  useEffect(() => {
    if (pinned.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const onScroll = () => {
    const el = box.current;
    if (el) pinned.current = el.scrollHeight - el.scrollTop - el.clientHeight < 24;
  };
  return (
    <div
      ref={box}
      onScroll={onScroll}
      role="group"
      aria-label={t("What {name} said", { name: t(name) })}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
      tabIndex={0}
      className="max-h-80 overflow-auto border-t border-border bg-background px-4 py-3 font-mono text-xs leading-relaxed -outline-offset-2"
    >
      {lines.map((line) => (
        <div key={line.key} className="flex gap-3">
          <time dateTime={line.time} className="shrink-0 text-muted-foreground tabular-nums max-sm:hidden">
            {new Date(line.time).toLocaleTimeString("en-GB")}
          </time>
          <span className="min-w-0 break-words whitespace-pre-wrap">{line.text}</span>
        </div>
      ))}
    </div>
  );
}
