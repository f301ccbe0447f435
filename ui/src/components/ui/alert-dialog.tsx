import { AlertDialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { Button } from "./button";
import { DialogButtons, overlayClasses, panelClasses } from "./dialog";
import { useReturnFocus } from "./use-return-focus";

interface AlertDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  /** What the button does, as a verb. */
  action: string;
  /** The button cannot be pressed yet. */
  blocked?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  children?: ReactNode;
}

/** Starts in the field to fill, if there is one; else Radix starts at Cancel. */
function focusField(event: Event): void {
  const field = event.currentTarget instanceof HTMLElement && event.currentTarget.querySelector("input");
  if (!field) return;
  event.preventDefault();
  field.focus();
}

/** Asks before something that cannot be undone. */
export function AlertDialog(props: AlertDialogProps) {
  const focus = useReturnFocus();
  return (
    <Primitive.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className={overlayClasses} />
        <Primitive.Content
          className={cn(panelClasses, "grid gap-5 overflow-y-auto p-5 sm:p-6")}
          onOpenAutoFocus={(event) => {
            focus.remember();
            focusField(event);
          }}
          onCloseAutoFocus={focus.giveBack}
        >
          <form
            className="contents"
            onSubmit={(e) => {
              e.preventDefault();
              if (!props.blocked && !props.busy) props.onConfirm();
            }}
          >
            <div className="grid min-w-0 gap-1">
              <Primitive.Title className="text-base font-semibold">{props.title}</Primitive.Title>
              <Primitive.Description className="text-sm text-muted-foreground">{props.description}</Primitive.Description>
            </div>
            {props.children}
            <DialogButtons>
              <Primitive.Cancel asChild>
                <Button variant="outline">{t("Cancel")}</Button>
              </Primitive.Cancel>
              <Button type="submit" variant="danger" disabled={props.blocked} busy={props.busy}>
                {props.action}
              </Button>
            </DialogButtons>
          </form>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
