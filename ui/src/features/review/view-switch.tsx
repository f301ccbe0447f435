import { t, tn } from "@/i18n/t";

export type View = "chat" | "changes" | "files";

interface ViewSwitchProps {
  view: View;
  views: View[];
  /** How many files are changed; undefined = not known. */
  changes: number | undefined;
  onChange: (view: View) => void;
}

/** Which part of a review is shown. */
export function ViewSwitch({ view, views, changes, onChange }: ViewSwitchProps) {
  const names: Record<View, string> = { chat: t("Chat"), changes: t("Changes"), files: t("Files") };
  return (
    <div role="group" aria-label={t("Show")} className="flex shrink-0 gap-1 border-b border-border bg-surface px-2 py-1.5">
      {views.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={view === name}
          onClick={() => onChange(name)}
          className="flex h-8 items-center gap-2 rounded-lg px-3 text-sm text-muted-foreground hover:bg-muted aria-pressed:bg-muted aria-pressed:font-medium aria-pressed:text-foreground max-lg:flex-1 max-lg:justify-center"
        >
          {names[name]}
          {name === "changes" && changes !== undefined && changes > 0 && (
            <span className="min-w-5 rounded-full bg-primary/10 px-1.5 text-center text-xs leading-5 font-normal text-link tabular-nums">
              <span aria-hidden>{changes}</span>
              <span className="sr-only">{tn("{n} file", "{n} files", changes)}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
