import { Check as Tick, X } from "lucide-react";
import type { Check } from "@/api/queries/setup";
import { CopyField } from "@/components/ui/copy-field";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";

/** One thing the installation needs: a tick, or what is wrong and what to do. */
export function CheckRow({ check }: { check: Check }) {
  const Icon = check.ok ? Tick : X;
  return (
    <li className="flex min-w-0 gap-3 py-3">
      <span className={cn("mt-0.5 grid size-5 shrink-0 place-items-center rounded-full text-background [&_svg]:size-3.5", check.ok ? "bg-ok" : "bg-danger-text")}>
        <Icon aria-hidden strokeWidth={3} />
        <span className="sr-only">{check.ok ? t("In order:") : t("Not in order:")}</span>
      </span>
      <div className="grid min-w-0 flex-1 gap-1 text-sm">
        <p className="font-medium">{check.title}</p>
        <p className="break-words text-muted-foreground">{check.detail}</p>
        {!check.ok && check.fix && (
          <div className="mt-1.5 grid gap-1.5">
            <p>{t("What helps:")}</p>
            <CopyField label={t("What helps with {title}", { title: check.title })} value={check.fix} />
          </div>
        )}
      </div>
    </li>
  );
}
