import { cva, type VariantProps } from "class-variance-authority";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

const noticeVariants = cva("flex gap-2.5 rounded-lg border px-3 py-2.5 text-sm [&>svg]:mt-0.5 [&>svg]:size-4 [&>svg]:shrink-0", {
  variants: {
    variant: {
      info: "border-notice-border bg-notice-soft text-notice-text",
      warning: "border-notice-border bg-notice-soft text-notice-text",
      danger: "border-danger-border bg-danger-soft text-danger-text",
    },
  },
  defaultVariants: { variant: "info" },
});

interface NoticeProps extends VariantProps<typeof noticeVariants> {
  /** Read out at once when it appears. */
  live?: boolean;
  className?: string;
  children: ReactNode;
}

const icons = { info: Info, warning: TriangleAlert, danger: CircleAlert };

/** A sentence the reader should not miss, in place. */
export function Notice({ variant, live, className, children }: NoticeProps) {
  const Icon = icons[variant ?? "info"];
  return (
    <div role={live ? "alert" : undefined} className={cn(noticeVariants({ variant }), className)}>
      <Icon aria-hidden />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
