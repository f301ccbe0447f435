import { CircleAlert, TriangleAlert } from "lucide-react";
import { t, tn } from "@/i18n/t";
import { cn } from "@/lib/cn";
import type { Mark } from "./types";

const shown = 20;

/** What the marks say, below the editor. */
export function MarkList({ marks }: { marks: Mark[] }) {
  return (
    <ul aria-live="polite" className="grid gap-1 text-sm empty:hidden">
      {marks.slice(0, shown).map((mark) => {
        const Icon = mark.severity === "error" ? CircleAlert : TriangleAlert;
        return (
          <li
            key={`${mark.line} ${mark.column} ${mark.message}`}
            className={cn("flex gap-2 [&>svg]:mt-0.5 [&>svg]:size-4 [&>svg]:shrink-0", mark.severity === "error" ? "text-danger-text" : "text-notice-text")}
          >
            <Icon aria-hidden />
            <span className="min-w-0 break-words">
              {place(mark)}
              {mark.message}
            </span>
          </li>
        );
      })}
      {marks.length > shown && <li className="text-muted-foreground">{tn("and {n} more", "and {n} more", marks.length - shown)}</li>}
    </ul>
  );
}

function place({ line, column }: Mark): string {
  if (line < 1) return "";
  return column > 0 ? t("Line {line}, column {column}: ", { line, column }) : t("Line {line}: ", { line });
}
