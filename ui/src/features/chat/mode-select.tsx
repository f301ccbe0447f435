import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu as Primitive } from "radix-ui";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { isAllowed, modeName, modes } from "./modes";
import type { ChatMode } from "./types";

interface ModeSelectProps {
  value: ChatMode;
  /** The freest mode this installation allows. */
  cap: ChatMode | undefined;
  onChange: (mode: ChatMode) => void;
}

/** What the agent may do without asking. */
export function ModeSelect({ value, cap, onChange }: ModeSelectProps) {
  return (
    <Primitive.Root modal={false}>
      <Primitive.Trigger asChild>
        <Button variant="ghost" size="sm" aria-label={t("Mode: {name}", { name: modeName(value) })} className="h-7 gap-1 px-2 text-xs text-muted-foreground">
          {modeName(value)}
          <ChevronDown aria-hidden className="size-3.5!" />
        </Button>
      </Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          align="start"
          side="top"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 w-80 max-w-[calc(100vw-1rem)] rounded-xl border border-border bg-surface p-1 text-sm shadow-lg data-[state=open]:animate-rise"
        >
          <Primitive.RadioGroup value={value} onValueChange={(mode) => onChange(mode as ChatMode)}>
            {modes.map((mode) => (
              <Primitive.RadioItem
                key={mode.value}
                value={mode.value}
                disabled={!isAllowed(mode.value, cap)}
                className="flex cursor-pointer items-start gap-2.5 rounded-lg px-2.5 py-2 outline-none select-none data-[disabled]:pointer-events-none data-[highlighted]:bg-muted"
              >
                <span className="mt-0.5 size-4 shrink-0">
                  <Primitive.ItemIndicator>
                    <Check aria-hidden className="size-4" />
                  </Primitive.ItemIndicator>
                </span>
                <span className="grid">
                  <span className="font-medium">{t(mode.name)}</span>
                  <span className="text-xs text-muted-foreground">
                    {t(mode.detail)}
                    {!isAllowed(mode.value, cap) && t(" Not allowed on this server.")}
                  </span>
                </span>
              </Primitive.RadioItem>
            ))}
          </Primitive.RadioGroup>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
