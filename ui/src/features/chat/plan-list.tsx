import { Check, ChevronDown, Circle, CircleDot, Minus } from "lucide-react";
import { useState } from "react";
import { msg, t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import type { PlanData, PlanItem } from "./types";

const icons = { pending: Circle, active: CircleDot, done: Check, dropped: Minus };
const words = { pending: msg("to do"), active: msg("in progress"), done: msg("done"), dropped: msg("dropped") };

/** The agent's plan, above the input for as long as it has steps left. */
export function PlanList({ plan }: { plan: PlanData }) {
  const [open, setOpen] = useState(true);
  const items = plan.items.filter((item) => item.status in icons);
  const done = items.filter((item) => item.status === "done" || item.status === "dropped").length;
  const active = items.find((item) => item.status === "active");
  return (
    <section aria-label={t("Plan")} className="mx-3 mb-2 rounded-lg border border-border bg-surface text-sm">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex w-full items-center gap-2 rounded-lg px-3 py-1.5 text-left">
        <span className="shrink-0 font-medium">
          {t("Plan {done}/{n}", { done, n: items.length })}
        </span>
        {!open && active && <span className="min-w-0 truncate text-muted-foreground">{active.title}</span>}
        <ChevronDown aria-hidden className={cn("ml-auto size-4 shrink-0 text-muted-foreground transition-transform", !open && "-rotate-90")} />
      </button>
      {open && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
        <ol tabIndex={0} className="max-h-40 overflow-y-auto px-3 pb-2">
          {items.map((item, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- steps have no ids and two may read alike
            <Step key={index} item={item} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Step({ item }: { item: PlanItem }) {
  const Icon = icons[item.status];
  const over = item.status === "done" || item.status === "dropped";
  return (
    <li className={cn("flex items-start gap-2 py-0.5", over && "text-muted-foreground", item.status === "dropped" && "line-through", item.status === "active" && "font-medium")}>
      <Icon aria-hidden className="mt-1 size-3.5 shrink-0" />
      <span className="min-w-0 break-words">
        {item.title}
        <span className="sr-only"> ({t(words[item.status])})</span>
      </span>
    </li>
  );
}
