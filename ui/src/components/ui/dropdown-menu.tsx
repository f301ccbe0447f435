import { cva, type VariantProps } from "class-variance-authority";
import { DropdownMenu as Primitive } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  /** The menu is gone and its trigger has the focus: the time to open a dialog. */
  onClosed?: () => void;
}

export function Menu({ trigger, children, onClosed }: MenuProps) {
  return (
    <Primitive.Root modal={false}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={() => onClosed && setTimeout(onClosed)} // Radix moves the focus after this
          className="z-50 max-w-72 min-w-48 rounded-xl border border-border bg-surface p-1 text-sm shadow-lg data-[state=open]:animate-rise"
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

const itemVariants = cva(
  "flex w-full cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-2 outline-none select-none data-[disabled]:pointer-events-none data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        plain: "data-[highlighted]:bg-muted [&_svg]:text-muted-foreground",
        danger: "text-danger-text data-[highlighted]:bg-danger-soft",
      },
    },
    defaultVariants: { variant: "plain" },
  },
);

export function MenuItem({
  variant,
  className,
  ...rest
}: ComponentProps<typeof Primitive.Item> & VariantProps<typeof itemVariants>) {
  return <Primitive.Item className={cn(itemVariants({ variant }), className)} {...rest} />;
}

export function MenuSeparator() {
  return <Primitive.Separator className="mx-1 my-1 h-px bg-border" />;
}

export function MenuHeading({ children }: { children: ReactNode }) {
  return <Primitive.Label className="px-2.5 py-2">{children}</Primitive.Label>;
}
