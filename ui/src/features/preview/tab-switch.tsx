import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import type { PreviewState } from "./use-preview";

type Tab = PreviewState["tab"];

/** The page itself, or what was asked of it. */
export function TabSwitch({ tab, onChange }: { tab: Tab; onChange: (tab: Tab) => void }) {
  const tabs = [
    { value: "page", label: t("Page") },
    { value: "requests", label: t("Requests") },
  ] as const;
  return (
    <div role="group" aria-label={t("What the preview shows")} className="flex gap-0.5">
      {tabs.map(({ value, label }) => (
        <Button key={value} variant="ghost" size="sm" aria-pressed={value === tab} onClick={() => onChange(value)} className="px-2.5 text-muted-foreground aria-pressed:bg-muted aria-pressed:text-foreground">
          {label}
        </Button>
      ))}
    </div>
  );
}
