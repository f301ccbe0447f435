import { useFacts } from "@/api/queries/facts";
import type { Workspace } from "@/api/types";
import { Sparkline } from "@/components/ui/sparkline";
import { language } from "@/i18n/language";
import { t } from "@/i18n/t";
import { memory } from "@/lib/format";

const samples = 60; // five minutes
let percent: Intl.NumberFormat | undefined;

/** "12%" of a share from 0 to 1. */
export function share(of: number): string {
  percent ??= new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  return percent.format(of);
}

/** What a running workspace takes of its processors and its memory. */
export function Meters({ workspace }: { workspace: Workspace }) {
  const facts = useFacts(workspace.id);
  if (workspace.status !== "RUNNING") return null;
  const cpu = facts?.cpu ?? [];
  const used = facts?.memory ?? [];
  const [latestCpu, latestMemory] = [cpu.at(-1), used.at(-1)];
  const limit = facts?.memoryLimit || workspace.memory;
  return (
    <dl className="grid grid-cols-2 gap-4 text-xs">
      <Meter name={t("CPU")} figure={latestCpu === undefined ? undefined : share(latestCpu)} values={cpu} most={1} />
      <Meter name={t("Memory")} figure={latestMemory === undefined ? undefined : t("{used} of {limit}", { used: memory(latestMemory), limit: memory(limit) })} values={used} most={limit} />
    </dl>
  );
}

interface MeterProps {
  name: string;
  /** Undefined until something was measured. */
  figure: string | undefined;
  values: number[];
  most: number;
}

function Meter({ name, figure, values, most }: MeterProps) {
  return (
    <div className="grid min-w-0 content-start gap-1">
      <dt className="text-muted-foreground">{name}</dt>
      <dd className="grid min-w-0 gap-1">
        <span className="truncate tabular-nums" title={figure}>
          {figure ?? <span className="text-muted-foreground">{t("measuring…")}</span>}
        </span>
        <Sparkline values={values} most={most} room={samples} className="h-5" />
      </dd>
    </div>
  );
}

/** The same in a table's cell, in one line. */
export function SmallMeter({ workspace, of }: { workspace: Workspace; of: "cpu" | "memory" }) {
  const facts = useFacts(workspace.id);
  if (workspace.status !== "RUNNING") return <span className="text-muted-foreground">–</span>;
  const values = facts?.[of] ?? [];
  const latest = values.at(-1);
  return (
    <span className="flex items-center gap-2 text-xs tabular-nums">
      <Sparkline values={values} most={of === "cpu" ? 1 : facts?.memoryLimit || workspace.memory} room={samples} className="w-12 shrink-0" />
      <span className="truncate">{latest === undefined ? "–" : of === "cpu" ? share(latest) : memory(latest)}</span>
    </span>
  );
}
