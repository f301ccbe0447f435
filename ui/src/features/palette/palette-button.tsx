import { Search } from "lucide-react";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { setPaletteOpen } from "./open";
import { ariaShortcut, shortcutText } from "./shortcut";

/** Opens the palette, and tells by which keys it opens, too. */
export function PaletteButton() {
  const name = t("Search and commands ({keys})", { keys: shortcutText });
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-label={name}
      aria-keyshortcuts={ariaShortcut}
      aria-haspopup="dialog"
      title={name}
      onClick={() => setPaletteOpen(true)}
      className="px-2 text-muted-foreground"
    >
      <Search aria-hidden />
      {/* Written by CSS: beside the name it would be read twice. */}
      <span aria-hidden data-keys={shortcutText} className="rounded border border-border px-1 text-xs after:content-[attr(data-keys)] max-lg:hidden" />
    </Button>
  );
}
