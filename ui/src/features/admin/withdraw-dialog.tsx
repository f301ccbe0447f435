import { sentence } from "@/api/problem";
import { useWithdrawInvitation } from "@/api/queries/invitations";
import type { Invitation } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";
import { whoFor } from "./who-for";

export function WithdrawDialog({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const withdraw = useWithdrawInvitation();
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Remove this invitation?")}
      description={tr("The link for {who} stops working. An account made with it stays.", { who: <strong className="font-medium text-foreground">{whoFor(invitation)}</strong> })}
      action={t("Remove invitation")}
      busy={withdraw.isPending}
      onConfirm={() => withdraw.mutate(invitation.id, { onSuccess: onClose })}
    >
      {withdraw.isError && (
        <Notice variant="danger" live>
          {sentence(withdraw.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
