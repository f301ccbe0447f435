import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

// 16 px on small screens: iOS zooms into anything smaller.
export const inputClasses =
  "h-9 w-full min-w-0 rounded-lg border border-input bg-surface px-3 text-base text-foreground shadow-card transition-colors placeholder:text-muted-foreground focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-ring disabled:opacity-55 aria-invalid:border-danger aria-invalid:focus-visible:outline-danger md:text-sm";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(inputClasses, className)} {...rest} />;
}
