import { Trash2 } from "lucide-react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useDeletePortLink } from "@/api/queries/port-links";
import type { PortLink } from "@/api/types";
import { Row } from "@/components/layout/row-list";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { t, tn } from "@/i18n/t";
import { ago, exact, until } from "@/lib/format";
import { useNow } from "@/lib/use-now";

interface LinkRowProps {
  workspaceId: string;
  link: PortLink;
  onDeleted: () => void;
}

/** A link there is: until when, how it is used, and the way to end it. */
export function LinkRow({ workspaceId, link, onDeleted }: LinkRowProps) {
  const now = useNow();
  const remove = useDeletePortLink(workspaceId);
  const over = Date.parse(link.until) <= now;
  const end = () =>
    remove.mutate(link, {
      onSuccess: onDeleted,
      onError: (error) => toast.error(t("Could not end the link"), { description: sentence(error) }),
    });
  return (
    <Row
      title={
        <time dateTime={link.until} title={exact(link.until)}>
          {over ? t("Has ended") : t("Ends {when}", { when: until(link.until, now) })}
        </time>
      }
      badges={link.password && <Badge>{t("Password")}</Badge>}
      details={
        link.opened === 0 || !link.lastOpenedAt
          ? t("Made {when}, not opened yet", { when: ago(link.createdAt, now) })
          : tn("Opened once, {when}", "Opened {n} times, last {when}", link.opened, { when: ago(link.lastOpenedAt, now) })
      }
      action={
        <Button variant="outline" size="sm" busy={remove.isPending} onClick={end} className="max-sm:size-8 max-sm:px-0">
          {!remove.isPending && <Trash2 aria-hidden />}
          <span className="max-sm:sr-only">{over ? t("Remove") : t("End")}</span>
          <span className="sr-only">{t("the link made {when}", { when: exact(link.createdAt) })}</span>
        </Button>
      }
    />
  );
}
