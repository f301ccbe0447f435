import { t } from "@/i18n/t";
import "./diff.css";

/** "+12 −3": lines added and removed. */
export function Counts({ added = 0, removed = 0 }: { added?: number; removed?: number }) {
  return (
    <span>
      <span className="sr-only">{t("{added} lines added, {removed} removed", { added, removed })}</span>
      <span aria-hidden className="font-mono">
        <span className="text-(--diff-added-text)">+{added}</span> <span className="text-danger-text">−{removed}</span>
      </span>
    </span>
  );
}
