import { Code, Globe, MessageSquare } from "lucide-react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import type { Pane } from "./panes";

interface ViewSwitchProps {
  has: Record<Pane, boolean>;
  shows: Record<Pane, boolean>;
  onShow: (pane: Pane) => void;
  /** The chat waits for the user. */
  waiting: boolean;
}

/** On small screens: one pane at a time. */
export function ViewSwitch({ has, shows, onShow, waiting }: ViewSwitchProps) {
  const views = [
    { pane: "chat", label: t("Chat"), icon: MessageSquare },
    { pane: "editor", label: t("Editor"), icon: Code },
    { pane: "preview", label: t("Preview"), icon: Globe },
  ] as const;
  return (
    <div role="group" aria-label={t("Show")} className="flex shrink-0 border-b border-border bg-surface">
      {views
        .filter(({ pane }) => has[pane])
        .map(({ pane, label, icon: Icon }) => (
          <button
            key={pane}
            type="button"
            aria-pressed={shows[pane]}
            onClick={() => onShow(pane)}
            className={cn(
              "flex h-10 flex-1 items-center justify-center gap-2 border-b-2 text-sm font-medium -outline-offset-2",
              shows[pane] ? "border-primary text-foreground" : "border-transparent text-muted-foreground",
            )}
          >
            <Icon aria-hidden className="size-4" /> {label}
            {pane === "chat" && waiting && (
              <span className="size-2 rounded-full bg-busy">
                <span className="sr-only">{t("(waits for you)")}</span>
              </span>
            )}
          </button>
        ))}
    </div>
  );
}
