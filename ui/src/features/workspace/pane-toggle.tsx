import type { LucideIcon } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { t } from "@/i18n/t";
import { keysOf, type ShortcutName } from "./shortcuts";

interface PaneToggleProps {
  icon: LucideIcon;
  label: string;
  /** What pressing it does, with its keys in the tooltip. */
  hint: string;
  shortcut: ShortcutName;
  shown: boolean;
  onToggle: () => void;
  /** It waits for somebody while it is not seen. */
  waiting?: boolean;
}

/** Shows and hides a pane where panes stand side by side. */
export function PaneToggle({ icon: Icon, label, hint, shortcut, shown, onToggle, waiting = false }: PaneToggleProps) {
  const keys = keysOf(shortcut);
  return (
    <Tooltip text={`${hint} (${keys})`}>
      <Button variant="ghost" size="sm" aria-pressed={shown} aria-keyshortcuts={keys} onClick={onToggle} className="relative max-md:hidden max-lg:px-2 aria-pressed:bg-muted">
        <Icon aria-hidden />
        <span className="max-lg:sr-only">{label}</span>
        {waiting && !shown && (
          <span className="absolute top-1 right-1 size-2 rounded-full bg-busy">
            <span className="sr-only">{t("waits for you")}</span>
          </span>
        )}
      </Button>
    </Tooltip>
  );
}
