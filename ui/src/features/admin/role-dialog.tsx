import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useChangeUser } from "@/api/queries/admin";
import { useMe } from "@/api/queries/me";
import type { AdminUser } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

/** Asks before somebody becomes an administrator, or is one no longer. */
export function RoleDialog({ user, onClose }: { user: AdminUser; onClose: () => void }) {
  const me = useMe();
  const change = useChangeUser(user.id);
  const who = user.name || user.email;
  const { admin } = user;
  const takesOwn = admin && user.id === me.user.id;
  const confirm = () =>
    change.mutate(
      { admin: !admin },
      {
        onSuccess: () => {
          toast.success(admin ? t("{who} is no longer an administrator", { who }) : t("{who} is an administrator", { who }));
          onClose();
          // What this page may show is decided anew.
          if (takesOwn) window.location.assign("/");
        },
      },
    );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      variant="question"
      title={admin ? t("Take the role of administrator from {who}?", { who }) : t("Make {who} an administrator?", { who })}
      description={
        admin
          ? t("They keep their account and their workspaces.")
          : t("Administrators see all users, workspaces and the audit log, change limits, and may stop and delete any workspace. They cannot open the workspaces of others.")
      }
    >
      {takesOwn && <Notice variant="warning">{t("This is your own account: you leave the administration at once.")}</Notice>}
      {change.isError && (
        <Notice variant="danger" live>
          {sentence(change.error)}
        </Notice>
      )}
      <DialogButtons>
        <Button variant="outline" onClick={onClose}>
          {t("Cancel")}
        </Button>
        <Button data-act variant={admin ? "danger" : "primary"} busy={change.isPending} onClick={confirm}>
          {admin ? t("Take it away") : t("Make administrator")}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
