import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { invitationsQuery } from "@/api/queries/invitations";
import { useMe } from "@/api/queries/me";
import type { Invitation } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { EmptyRow, RowList } from "@/components/layout/row-list";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { InvitationRow } from "./invitation-row";
import { InviteDialog } from "./invite-dialog";
import { WithdrawDialog } from "./withdraw-dialog";

export function InvitationsPage() {
  useTitle(t("Invitations"));
  const { signup } = useMe().features;
  const invitations = useQuery(invitationsQuery);
  const [inviting, setInviting] = useState(false);
  const [withdrawing, setWithdrawing] = useState<Invitation>();
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeader
        title={t("Invitations")}
        description={t("A link lets one person make an account.")}
        action={
          <Button onClick={() => setInviting(true)}>
            <Plus aria-hidden /> {t("Invite somebody")}
          </Button>
        }
      />
      {signup !== "invite" && (
        <Notice className="mb-4">
          {signup === "open" ? t("Sign-up is open: people can make an account without an invitation.") : t("Sign-up is closed: invitations do not work until it is set to invite.")}
        </Notice>
      )}
      {invitations.isPending && <Skeleton className="h-40" />}
      {invitations.isError && <LoadError error={invitations.error} onRetry={invitations.refetch} />}
      {invitations.data?.length === 0 && <EmptyRow>{t("Nobody is invited at the moment.")}</EmptyRow>}
      {invitations.data && invitations.data.length > 0 && (
        <div className="rounded-lg bg-surface shadow-card">
          <RowList>
            {invitations.data.map((invitation) => (
              <InvitationRow key={invitation.id} invitation={invitation} onWithdraw={() => setWithdrawing(invitation)} />
            ))}
          </RowList>
        </div>
      )}
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
      {withdrawing && <WithdrawDialog invitation={withdrawing} onClose={() => setWithdrawing(undefined)} />}
    </div>
  );
}
