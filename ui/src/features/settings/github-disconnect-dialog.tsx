import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useDisconnectGitHub } from "@/api/queries/github";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

interface DisconnectGitHubDialogProps {
  host: string;
  onClose: () => void;
}

export function DisconnectGitHubDialog({ host, onClose }: DisconnectGitHubDialogProps) {
  const disconnect = useDisconnectGitHub();
  const confirm = () =>
    disconnect.mutate(undefined, {
      onSuccess: () => {
        toast.success(t("Disconnected from {host}", { host }));
        onClose();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Disconnect from {host}?", { host })}
      description={t("The key is revoked there and forgotten here. Your workspaces stay, but Git in them can no longer push, nor fetch what is private. Signing in is not affected.")}
      action={t("Disconnect")}
      busy={disconnect.isPending}
      onConfirm={confirm}
    >
      {disconnect.isError && (
        <Notice variant="danger" live>
          {sentence(disconnect.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
