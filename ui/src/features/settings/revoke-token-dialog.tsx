import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useRevokeToken } from "@/api/queries/tokens";
import type { Token } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";

export function RevokeTokenDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const revoke = useRevokeToken();
  const confirm = () =>
    revoke.mutate(token.id, {
      onSuccess: () => {
        toast.success(t("{name} was revoked", { name: token.name }));
        onClose();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Revoke this token?")}
      description={
        <>
          {tr("Whatever uses {name} is refused from then on.", { name: <strong className="font-medium text-foreground">{token.name}</strong> })}
        </>
      }
      action={t("Revoke token")}
      busy={revoke.isPending}
      onConfirm={confirm}
    >
      {revoke.isError && (
        <Notice variant="danger" live>
          {sentence(revoke.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
