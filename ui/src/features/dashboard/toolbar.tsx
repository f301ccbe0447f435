import { LayoutGrid, ListChecks, Search, Table2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { t } from "@/i18n/t";
import type { Filter } from "./arrange";
import { StatusSelect } from "./status-select";
import type { View } from "./use-look";

interface ToolbarProps {
  filter: Filter;
  onFilter: (filter: Filter) => void;
  view: View;
  onView: (view: View) => void;
  selecting: boolean;
  onSelecting: (selecting: boolean) => void;
}

/** Narrows the list down, switches between cards and table, and begins to choose several. */
export function Toolbar({ filter, onFilter, view, onView, selecting, onSelecting }: ToolbarProps) {
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <div className="relative min-w-0 flex-1 basis-56 sm:max-w-80">
        <Search aria-hidden className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted-foreground" />
        <Input type="search" aria-label={t("Filter workspaces")} placeholder={t("Name, repository, branch…")} value={filter.text} onChange={(e) => onFilter({ ...filter, text: e.target.value })} className="pl-9" autoComplete="off" spellCheck={false} />
      </div>
      <StatusSelect value={filter.status} onChange={(status) => onFilter({ ...filter, status })} className="w-40" />
      <div className="ml-auto flex items-center gap-2">
        <Button variant={selecting ? "primary" : "outline"} aria-pressed={selecting} onClick={() => onSelecting(!selecting)}>
          <ListChecks aria-hidden /> {t("Select")}
        </Button>
        <div role="group" aria-label={t("How they are shown")} className="flex rounded-lg border border-input bg-surface p-0.5 shadow-card">
          <ViewButton text={t("Cards")} icon={LayoutGrid} on={view === "cards"} onPress={() => onView("cards")} />
          <ViewButton text={t("Table")} icon={Table2} on={view === "table"} onPress={() => onView("table")} />
        </div>
      </div>
    </div>
  );
}

interface ViewButtonProps {
  text: string;
  icon: typeof LayoutGrid;
  on: boolean;
  onPress: () => void;
}

function ViewButton({ text, icon: Icon, on, onPress }: ViewButtonProps) {
  return (
    <button
      type="button"
      aria-label={text}
      title={text}
      aria-pressed={on}
      onClick={onPress}
      className="grid h-7.5 w-8 place-items-center rounded-md text-muted-foreground hover:text-foreground aria-pressed:bg-muted aria-pressed:text-foreground"
    >
      <Icon aria-hidden className="size-4" />
    </button>
  );
}
