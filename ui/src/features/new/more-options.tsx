import { ChevronRight } from "lucide-react";
import { useEffect, useState } from "react";
import type { FieldError } from "@/api/types";
import { useMe } from "@/api/queries/me";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { Switch } from "@/components/ui/switch";
import { IdleSelect } from "@/features/workspace/idle-select";
import { sizeChoices } from "@/features/workspace/size";
import { t } from "@/i18n/t";
import { NixField } from "./nix-field";

/** What most people leave as it is. */
export interface Options {
  size: string;
  /** Seconds; 0 = never. */
  idle: number;
  nix: string;
  /** Only the newest commit. */
  shallow: boolean;
  submodules: boolean;
  lfs: boolean;
}

interface MoreOptionsProps {
  value: Options;
  onChange: (value: Options) => void;
  /** There is something to clone. */
  clones: boolean;
  /** What the server found wrong with the Nix text when it was sent. */
  nixErrors: FieldError[];
}

export function MoreOptions({ value, onChange, clones, nixErrors }: MoreOptionsProps) {
  const { defaults, features } = useMe();
  const [open, setOpen] = useState(false);
  const set = (change: Partial<Options>) => onChange({ ...value, ...change });
  useEffect(() => {
    if (nixErrors.length > 0) setOpen(true);
  }, [nixErrors]);
  return (
    <details open={open} onToggle={(e) => setOpen(e.currentTarget.open)} className="group rounded-lg border border-border">
      <summary className="flex cursor-pointer list-none items-center gap-2 rounded-lg px-4 py-3 text-sm font-medium select-none hover:bg-muted [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 text-muted-foreground transition-transform group-open:rotate-90" />
        {t("More options")}
        <span className="truncate font-normal text-muted-foreground max-sm:hidden">{clones ? t("Size, idle time, clone, Nix") : t("Size, idle time, Nix")}</span>
      </summary>
      <div className="grid grid-cols-1 gap-6 border-t border-border p-4">
        <ChoiceCards label={t("Size")} value={value.size} onChange={(size) => set({ size })} choices={sizeChoices(defaults)} />
        <IdleSelect value={value.idle} onChange={(idle) => set({ idle })} />
        {clones && (
          <fieldset className="grid gap-4">
            <legend className="mb-1.5 text-sm font-medium">{t("Clone")}</legend>
            <Switch
              label={t("Only the newest commit")}
              hint={t("Quicker for big repositories. Older commits and other branches are missing until you fetch them.")}
              checked={value.shallow}
              onChange={(shallow) => set({ shallow })}
            />
            <Switch label={t("Submodules")} hint={t("Also the repositories it names as its parts.")} checked={value.submodules} onChange={(submodules) => set({ submodules })} />
            <Switch label={t("Large files")} hint={t("Those that are kept with Git LFS.")} checked={value.lfs} onChange={(lfs) => set({ lfs })} />
          </fieldset>
        )}
        {features.nix ? (
          <NixField value={value.nix} onChange={(nix) => set({ nix })} errors={nixErrors} />
        ) : (
          <p className="text-sm text-muted-foreground">{t("A Nix configuration of your own is switched off on this server.")}</p>
        )}
      </div>
    </details>
  );
}
