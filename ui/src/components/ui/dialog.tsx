import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { Button } from "./button";
import { useReturnFocus } from "./use-return-focus";

export const overlayClasses = "fixed inset-0 z-40 bg-overlay data-[state=open]:animate-fade-in";
// Dialogs sit at the bottom of a telephone, where the thumb is.
export const panelClasses =
  "fixed inset-x-0 bottom-0 z-50 max-h-[92dvh] w-full rounded-t-2xl border border-border bg-surface shadow-xl data-[state=open]:animate-rise sm:inset-auto sm:top-1/2 sm:left-1/2 sm:max-w-md sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-2xl";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  /**
   * A list is wider than a form, and reading begins at its top instead of in a field. A
   * question begins at the button marked with data-act.
   */
  variant?: "form" | "list" | "question";
  children: ReactNode;
}

function focusPanel(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}

function focusAct(event: Event): void {
  const act = event.currentTarget instanceof HTMLElement && event.currentTarget.querySelector<HTMLElement>("[data-act]");
  if (!act) return;
  event.preventDefault();
  act.focus();
}

export function Dialog({ open, onOpenChange, title, description, variant = "form", children }: DialogProps) {
  const focus = useReturnFocus();
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className={overlayClasses} />
        <Primitive.Content
          className={cn(panelClasses, "flex flex-col", variant === "list" && "outline-none sm:max-w-2xl")}
          onOpenAutoFocus={(event) => {
            focus.remember();
            if (variant === "list") focusPanel(event);
            if (variant === "question") focusAct(event);
          }}
          onCloseAutoFocus={focus.giveBack}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <Primitive.Title className="pt-5 pr-14 pl-5 text-base font-semibold sm:pt-6 sm:pl-6">{title}</Primitive.Title>
          <div className={cn("mt-1 grid min-h-0 grid-cols-1 gap-5 overflow-y-auto px-5 pb-5 sm:px-6 sm:pb-6", !description && "pt-4")}>
            {description && <Primitive.Description className="text-sm text-muted-foreground">{description}</Primitive.Description>}
            {children}
          </div>
          <Primitive.Close asChild>
            <Button variant="ghost" size="icon-sm" aria-label={t("Close")} className="absolute top-4 right-4">
              <X aria-hidden />
            </Button>
          </Primitive.Close>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/** The row of buttons at the end of a dialog; the act comes last and right. */
export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className="flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">{children}</div>;
}
