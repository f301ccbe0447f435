import { t } from "@/i18n/t";
import { tokens } from "./amounts";

/** How much of the model's window the chat fills. Nothing where that is not known. */
export function ContextMeter({ used, window }: { used: number; window: number }) {
  if (used <= 0 || window <= 0) return null;
  const share = Math.min(1, used / window);
  const text = t("{used} of {window} tokens of context used", { used: tokens(used), window: tokens(window) });
  return (
    <span
      role="meter"
      aria-label={t("Context used")}
      aria-valuemin={0}
      aria-valuemax={window}
      aria-valuenow={Math.min(used, window)}
      aria-valuetext={text}
      title={`${text}. ${t("A chat that is nearly full is summed up by itself.")}`}
      className="flex items-center gap-1.5 text-xs text-muted-foreground tabular-nums"
    >
      <span aria-hidden className="h-1.5 w-8 overflow-hidden rounded-full bg-muted">
        <span className={share > 0.85 ? "block h-full bg-busy" : "block h-full bg-primary"} style={{ width: `${Math.max(4, share * 100)}%` }} />
      </span>
      {Math.round(share * 100)}%
    </span>
  );
}
