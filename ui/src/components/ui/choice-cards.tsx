import { RadioGroup } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Label } from "./label";

interface ChoiceCardsProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  choices: { value: T; title: ReactNode; detail?: ReactNode }[];
}

/** One of a few, side by side, all readable at a glance. */
export function ChoiceCards<T extends string>({ label, value, onChange, choices }: ChoiceCardsProps<T>) {
  return (
    <fieldset className="grid gap-1.5">
      <Label asChild>
        <legend className="mb-1.5">{label}</legend>
      </Label>
      <RadioGroup.Root
        aria-label={label}
        value={value}
        onValueChange={(v) => onChange(v as T)}
        className={cn("grid gap-2", choices.length === 2 ? "grid-cols-2" : "grid-cols-3")}
      >
        {choices.map((choice) => (
          <RadioGroup.Item
            key={choice.value}
            value={choice.value}
            className="flex flex-col rounded-lg border border-input bg-surface px-3 py-2 text-left text-sm shadow-card transition-colors hover:bg-muted data-[state=checked]:border-primary data-[state=checked]:bg-primary/8 data-[state=checked]:ring-1 data-[state=checked]:ring-primary"
          >
            <span className="flex items-center gap-2 font-medium [&_svg]:size-4">{choice.title}</span>
            {choice.detail && <span className="text-xs text-muted-foreground">{choice.detail}</span>}
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
    </fieldset>
  );
}
