import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useDeleteGitCredential } from "@/api/queries/git-credentials";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";

interface RemoveGitCredentialDialogProps {
  host: string;
  onClose: () => void;
}

export function RemoveGitCredentialDialog({ host, onClose }: RemoveGitCredentialDialogProps) {
  const remove = useDeleteGitCredential();
  const confirm = () =>
    remove.mutate(host, {
      onSuccess: () => {
        toast.success(t("{host} was removed", { host }));
        onClose();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Remove this host?")}
      description={
        <>
          {tr("Git can no longer sign in at {host}, also in workspaces that run. The password stays good at the host: revoke it there.", { host: <strong className="font-medium break-all text-foreground">{host}</strong> })}
        </>
      }
      action={t("Remove host")}
      busy={remove.isPending}
      onConfirm={confirm}
    >
      {remove.isError && (
        <Notice variant="danger" live>
          {sentence(remove.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
