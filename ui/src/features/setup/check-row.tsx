import { Check as Tick, X } from "lucide-react";
import type { Check } from "@/api/types";
import { CopyField } from "@/components/ui/copy-field";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";

/** A line for a shell, and no sentence about several things. */
function isCommand(fix: string): boolean {
  return /^(sudo |make|kalpana |docker |systemctl |sysctl |scripts\/|chmod |chown )[^,:;]*$/.test(fix);
}

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
            {isCommand(check.fix) ? (
              <CopyField label={t("What helps with {title}", { title: check.title })} value={check.fix} />
            ) : (
              <p className="rounded-lg bg-muted px-3 py-2 break-words">{check.fix}</p>
            )}
          </div>
        )}
      </div>
    </li>
  );
}
