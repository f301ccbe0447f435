import { RadioGroup } from "radix-ui";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";

export type View = "fields" | "json";

interface ViewTabsProps {
  view: View;
  onChange: (view: View) => void;
  /** The text is no definition at the moment: the fields could not show it. */
  locked: boolean;
}

/** The same content as fields or as text. */
export function ViewTabs({ view, onChange, locked }: ViewTabsProps) {
  return (
    <RadioGroup.Root aria-label={t("Show as")} value={view} onValueChange={(v) => onChange(v as View)} className="flex gap-1 rounded-lg border border-border bg-muted p-1 text-sm">
      {(["fields", "json"] as const).map((name) => (
        <RadioGroup.Item
          key={name}
          value={name}
          disabled={locked && name !== view}
          className={cn("rounded-md px-3 py-1 font-medium disabled:opacity-55", name === view ? "bg-surface shadow-card" : "text-muted-foreground hover:text-foreground")}
        >
          {name === "fields" ? t("Fields") : "JSON"}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
