import { t } from "@/i18n/t";
import { json } from "./shape";
import { visible } from "./visible";

/** A value as it came, for a look behind the scenes. */
export function Raw({ label, value }: { label: string; value: unknown }) {
  if (value === undefined) return null;
  return (
    <div className="px-3 py-2">
      <p className="mb-1 text-xs text-muted-foreground">{label}</p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <pre tabIndex={0} role="region" aria-label={label} className="max-h-64 overflow-auto rounded bg-muted p-2 font-mono text-xs break-all whitespace-pre-wrap">
        {visible(json(value)) || t("nothing")}
      </pre>
    </div>
  );
}
