import type { WorkspaceNotice } from "@/api/types";
import { t } from "@/i18n/t";
import { StartStepItem } from "./start-step";
import { incomplete, startStory, took } from "./start-steps";
import { useStartLog } from "./use-start-log";

interface StartLogProps {
  id: string;
  /** Live: the start goes on. */
  follow?: boolean;
  /** What the start could not do. */
  notices?: WorkspaceNotice[];
}

/** How a start went, step by step; what each said can be unfolded. */
export function StartLog({ id, follow = false, notices = [] }: StartLogProps) {
  const { lines, failed } = useStartLog(id, follow);
  const { steps, ended } = startStory(lines);
  const troubled = incomplete(notices);
  if (lines.length === 0) {
    return failed ? <p className="text-sm text-muted-foreground">{t("The start log cannot be read right now.")}</p> : null;
  }
  return (
    <div role="log" aria-label={t("Start log")} className="grid grid-cols-1 gap-3">
      <ol className="empty:hidden divide-y divide-border overflow-hidden rounded-xl border border-border bg-surface">
        {steps.map((step) => (
          <StartStepItem key={step.name} step={step} live={follow} incomplete={troubled.includes(step.name)} />
        ))}
      </ol>
      {ended && !ended.failed && <p className="text-sm text-muted-foreground">{t("Ready after {time}.", { time: took(ended.after) })}</p>}
      {ended?.failed && steps.length === 0 && <p className="text-sm break-words whitespace-pre-wrap text-muted-foreground">{ended.text}</p>}
    </div>
  );
}
