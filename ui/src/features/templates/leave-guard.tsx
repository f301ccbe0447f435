import { useBlocker } from "@tanstack/react-router";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { t } from "@/i18n/t";

/** Asks before unsaved changes are lost by leaving the page. */
export function LeaveGuard({ dirty }: { dirty: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  return (
    <AlertDialog
      open={blocker.status === "blocked"}
      onOpenChange={(open) => !open && blocker.reset?.()}
      title={t("Leave without saving?")}
      description={t("Your changes to this template are lost.")}
      action={t("Leave without saving")}
      onConfirm={() => blocker.proceed?.()}
    />
  );
}
