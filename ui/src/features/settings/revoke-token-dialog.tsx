import { toast } from "sonner";
import { sentence } from "@/api/problem";
import { useRevokeToken } from "@/api/queries/tokens";
import type { Token } from "@/api/types";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";

export function RevokeTokenDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const revoke = useRevokeToken();
  const confirm = () =>
    revoke.mutate(token.id, {
      onSuccess: () => {
        toast.success(`${token.name} was revoked`);
        onClose();
      },
    });
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Revoke this token?"
      description={
        <>
          Whatever uses <strong className="font-medium text-foreground">{token.name}</strong> is refused from then on.
        </>
      }
      action="Revoke token"
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
