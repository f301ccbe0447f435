import { Dialog } from "@/components/ui/dialog";
import { t } from "@/i18n/t";
import { keysOf, type ShortcutName, shortcuts } from "./shortcuts";

/** The keys of a workspace's page. */
export function ShortcutsDialog({ names, onClose }: { names: ShortcutName[]; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      variant="list"
      title={t("Keyboard shortcuts")}
      description={t("They count while VS Code and the preview do not have the keyboard: what is pressed there is theirs.")}
    >
      <dl className="divide-y divide-border rounded-lg border border-border text-sm">
        {names.map((name) => (
          <Line key={name} does={t(shortcuts[name].does)} keys={keysOf(name).split("+")} />
        ))}
        <Line does={t("Show this list")} keys={["?"]} />
        <Line does={t("Open the terminal, in VS Code")} keys={["Ctrl", "`"]} />
      </dl>
    </Dialog>
  );
}

function Line({ does, keys }: { does: string; keys: string[] }) {
  return (
    <div className="flex items-center justify-between gap-4 px-4 py-2.5">
      <dt className="min-w-0">{does}</dt>
      <dd className="flex shrink-0 gap-1">
        {keys.map((key) => (
          <kbd key={key} className="min-w-6 rounded border border-input bg-muted px-1.5 py-0.5 text-center font-sans text-xs font-medium">
            {key}
          </kbd>
        ))}
      </dd>
    </div>
  );
}
