import { Switch as Primitive } from "radix-ui";
import { type ReactNode, useId } from "react";
import { Label } from "./label";

interface SwitchProps {
  label: ReactNode;
  /** What it is good for. */
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off, with its label; counts at once, without a button to save. */
export function Switch({ label, hint, checked, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <Primitive.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-px inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-transparent bg-off p-px transition-colors data-[state=checked]:bg-primary"
      >
        <Primitive.Thumb className="size-4 rounded-full bg-primary-foreground shadow-card transition-transform data-[state=checked]:translate-x-4" />
      </Primitive.Root>
      <div className="grid min-w-0 gap-0.5">
        <Label htmlFor={id}>{label}</Label>
        {hint && (
          <p id={`${id}-hint`} className="text-sm text-muted-foreground">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
