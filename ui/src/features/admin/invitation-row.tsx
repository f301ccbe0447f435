import type { Invitation } from "@/api/types";
import { Row } from "@/components/layout/row-list";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
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
  const [word, time] = usedAt ? ["used", usedAt] : [open ? "expires" : "expired", expiresAt];
  return (
    <Row
      title={whoFor(invitation)}
      fullTitle={whoFor(invitation)}
      badges={
        <>
          {invitation.admin && <Badge variant="accent">Administrator</Badge>}
          {!open && <Badge>{usedAt ? "Used" : "Expired"}</Badge>}
        </>
      }
      details={
        <>
          created <time dateTime={createdAt} title={exact(createdAt)}>{ago(createdAt, now)}</time>
          {" · "}
          {word} <time dateTime={time} title={exact(time)}>{open ? until(time, now) : ago(time, now)}</time>
        </>
      }
      action={
        <Button variant="outline" size="sm" onClick={onWithdraw} aria-label={`${open ? "Withdraw" : "Remove"} the invitation for ${whoFor(invitation)}`}>
          {open ? "Withdraw" : "Remove"}
        </Button>
      }
    />
  );
}
