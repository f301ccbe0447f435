import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { portLinksQuery } from "@/api/queries/port-links";
import type { NewPortLink } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { RowList } from "@/components/layout/row-list";
import { t } from "@/i18n/t";
import { LinkForm } from "./link-form";
import { LinkRow } from "./link-row";
import { MadeLink } from "./made-link";

/** The links to a port: those there are, and a way to make one. */
export function LinksSection({ workspaceId, port }: { workspaceId: string; port: number }) {
  const links = useQuery(portLinksQuery(workspaceId));
  const [made, setMade] = useState<NewPortLink>();
  const shown = links.data?.filter((link) => link.port === port);
  return (
    <section aria-label={t("Links")} className="grid grid-cols-1 gap-3">
      <h3 className="text-sm font-medium">{t("Links")}</h3>
      {made ? <MadeLink link={made} onDone={() => setMade(undefined)} /> : <LinkForm workspaceId={workspaceId} port={port} onMade={setMade} />}
      {links.error && !links.data && <LoadError error={links.error} onRetry={() => void links.refetch()} />}
      {shown && shown.length > 0 && (
        <RowList>
          {shown.map((link) => (
            <LinkRow key={link.id} workspaceId={workspaceId} link={link} onDeleted={() => setMade((now) => (now?.id === link.id ? undefined : now))} />
          ))}
        </RowList>
      )}
    </section>
  );
}
