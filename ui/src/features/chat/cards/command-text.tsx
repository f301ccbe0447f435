import { t } from "@/i18n/t";
import { visible } from "./visible";

/** A command in full: it is what somebody decides about. */
export function CommandText({ command, cwd }: { command: string; cwd?: string }) {
  return (
    <div className="font-mono text-[0.8125rem] leading-relaxed">
      {cwd && cwd !== "." && <div className="text-xs text-muted-foreground">{t("in {cwd}", { cwd: visible(cwd) })}</div>}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <pre tabIndex={0} role="region" aria-label={t("Command")} className="max-h-64 overflow-auto break-all whitespace-pre-wrap -outline-offset-2">
        {visible(command)}
      </pre>
    </div>
  );
}
