import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useChangeUser } from "@/api/queries/admin";
import type { AdminUser } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

export function SuspendDialog({ user, onClose }: { user: AdminUser; onClose: () => void }) {
  const change = useChangeUser(user.id);
  const who = user.name || user.email;
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Suspend {who}?", { who })}
      description={t("They are signed out everywhere within seconds, their editors close and their tokens stop working. Their workspaces and files stay, and you can let them in again.")}
      action={t("Suspend")}
      busy={change.isPending}
      onConfirm={() =>
        change.mutate(
          { suspended: true },
          {
            onSuccess: () => {
              toast.success(t("{who} is suspended", { who }));
              onClose();
            },
          },
        )
      }
    >
      {change.isError && (
        <Notice variant="danger" live>
          {sentence(change.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
