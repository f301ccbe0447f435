import type { MouseEvent } from "react";
import { cn } from "@/lib/cn";

interface CheckboxProps {
  /** What is chosen with it, for those who do not see where it stands. */
  label: string;
  checked: boolean | "mixed";
  /** With the click, which tells whether Shift was held. */
  onChange: (checked: boolean, click: MouseEvent) => void;
  disabled?: boolean;
  className?: string;
}

/** The browser's own checkbox, without words beside it, on a target of 24 px. */
export function Checkbox({ label, checked, onChange, disabled, className }: CheckboxProps) {
  return (
    <label className={cn("grid size-6 shrink-0 cursor-pointer place-items-center", disabled && "cursor-default", className)}>
      <input
        type="checkbox"
        aria-label={label}
        checked={checked === true}
        disabled={disabled}
        ref={(box) => {
          if (box) box.indeterminate = checked === "mixed";
        }}
        // A click comes from the keyboard, too; the change itself knows no Shift.
        onClick={(e) => onChange(e.currentTarget.checked, e)}
        onChange={() => {}}
        className="size-4 cursor-[inherit] accent-primary"
      />
    </label>
  );
}
