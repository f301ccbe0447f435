import { useMe } from "@/api/queries/me";
import { sentence } from "@/api/problem";
import { useLeaveWorkspace } from "@/api/queries/shares";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { DialogButtons } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { exact } from "@/lib/format";
import { rightName, rightOf, shareRights } from "./rights";

interface SharedWithMeProps {
  workspace: Workspace;
  onLeft: () => void;
}

/** Whose workspace it is, what the user may do in it, and the way out. */
export function SharedWithMe({ workspace, onLeft }: SharedWithMeProps) {
  const { user } = useMe();
  const leave = useLeaveWorkspace(workspace.id);
  const right = rightOf(workspace);
  const { owner, rightUntil } = workspace;
  return (
    <>
      <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-2 text-sm">
        <dt className="text-muted-foreground">{t("Owner")}</dt>
        <dd className="min-w-0 break-words">
          {owner?.name && owner.email ? t("{name} ({email})", { name: owner.name, email: owner.email }) : (owner?.name ?? owner?.email ?? t("Somebody else"))}
        </dd>
        <dt className="text-muted-foreground">{t("You")}</dt>
        <dd>
          {rightName(right)}
          {right !== "owner" && right !== "" && <span className="block text-muted-foreground">{t(shareRights[right].allows)}</span>}
        </dd>
        {rightUntil && (
          <>
            <dt className="text-muted-foreground">{t("Until")}</dt>
            <dd>
              <time dateTime={rightUntil}>{exact(rightUntil)}</time>
            </dd>
          </>
        )}
      </dl>
      {leave.isError && (
        <Notice variant="danger" live>
          {sentence(leave.error)}
        </Notice>
      )}
      <p className="text-sm text-muted-foreground">{t("If you leave, only its owner can let you in again.")}</p>
      <DialogButtons>
        <Button variant="outline" busy={leave.isPending} onClick={() => leave.mutate(user.id, { onSuccess: onLeft })}>
          {t("Leave this workspace")}
        </Button>
      </DialogButtons>
    </>
  );
}
