import type { InspectedBody } from "@/api/types";
import { t } from "@/i18n/t";
import { size } from "./amounts";
import { bodyText } from "./body-text";

/** The beginning of a body. Always text, never markup: it is whatever the program said. */
export function Body({ title, body }: { title: string; body: InspectedBody }) {
  const text = bodyText(body);
  return (
    <div className="grid grid-cols-1 gap-1.5">
      <h4 className="text-xs font-medium">
        {title} <span className="font-normal text-muted-foreground">{size(body.bytes)}</span>
      </h4>
      {text === undefined && body.bytes > 0 && <p className="text-xs text-muted-foreground">{t("This is no text, so it is not shown.")}</p>}
      {text && (
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
          tabIndex={0}
          role="region"
          aria-label={title}
          className="max-h-80 overflow-auto rounded-lg border border-border bg-surface px-3 py-2 font-mono text-xs break-all whitespace-pre-wrap"
        >
          {text}
        </pre>
      )}
      {body.truncated && <p className="text-xs text-muted-foreground">{t("Only its beginning was kept.")}</p>}
    </div>
  );
}
