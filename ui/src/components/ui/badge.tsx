import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const badgeVariants = cva("inline-flex shrink-0 items-center gap-1.5 rounded-full border px-2 py-0.5 text-xs font-medium whitespace-nowrap", {
  variants: {
    variant: {
      neutral: "border-border bg-muted text-muted-foreground",
      accent: "border-primary/25 bg-primary/10 text-link",
      danger: "border-danger-border bg-danger-soft text-danger-text",
    },
  },
  defaultVariants: { variant: "neutral" },
});

export function Badge({ variant, className, ...rest }: ComponentProps<"span"> & VariantProps<typeof badgeVariants>) {
  return <span className={cn(badgeVariants({ variant }), className)} {...rest} />;
}
