import type { Invitation } from "@/api/types";
import { Row } from "@/components/layout/row-list";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { t, tr } from "@/i18n/t";
import { ago, exact, until } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { whoFor } from "./who-for";

interface InvitationRowProps {
  invitation: Invitation;
  onWithdraw: () => void;
}

export function InvitationRow({ invitation, onWithdraw }: InvitationRowProps) {
  const now = useNow();
  const { createdAt, expiresAt, usedAt } = invitation;
  const open = !usedAt && Date.parse(expiresAt) > now;
  const time = usedAt ?? expiresAt;
  const end = <time dateTime={time} title={exact(time)}>{open ? until(time, now) : ago(time, now)}</time>;
  const made = <time dateTime={createdAt} title={exact(createdAt)}>{ago(createdAt, now)}</time>;
  return (
    <Row
      title={whoFor(invitation)}
      fullTitle={whoFor(invitation)}
      badges={
        <>
          {invitation.admin && <Badge variant="accent">{t("Administrator")}</Badge>}
          {!open && <Badge>{usedAt ? t("Used") : t("Expired")}</Badge>}
        </>
      }
      details={
        usedAt
          ? tr("created {made} · used {end}", { made, end })
          : open
            ? tr("created {made} · expires {end}", { made, end })
            : tr("created {made} · expired {end}", { made, end })
      }
      action={
        <Button variant="outline" size="sm" onClick={onWithdraw} aria-label={open ? t("Withdraw the invitation for {who}", { who: whoFor(invitation) }) : t("Remove the invitation for {who}", { who: whoFor(invitation) })}>
          {open ? t("Withdraw") : t("Remove")}
        </Button>
      }
    />
  );
}
