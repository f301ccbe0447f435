import { useBlocker } from "@tanstack/react-router";
import { AlertDialog } from "@/components/ui/alert-dialog";

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
      title="Leave without saving?"
      description="Your changes to this template are lost."
      action="Leave without saving"
      onConfirm={() => blocker.proceed?.()}
    />
  );
}
