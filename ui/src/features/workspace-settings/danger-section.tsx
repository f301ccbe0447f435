import { useState } from "react";
import type { Workspace } from "@/api/types";
import { Section } from "@/components/layout/section";
import { Button } from "@/components/ui/button";
import { DeleteDialog } from "@/features/workspace/delete-dialog";
import { ordersOf } from "@/features/workspace/status";
import { StopDialog } from "@/features/workspace/stop-dialog";
import { useOrders } from "@/features/workspace/use-orders";
import { t } from "@/i18n/t";

/** What ends things: programs, or the workspace itself. */
export function DangerSection({ workspace, onDeleted }: { workspace: Workspace; onDeleted: () => void }) {
  const [dialog, setDialog] = useState<"stop" | "delete">();
  const { give, pending } = useOrders(workspace);
  const close = () => setDialog(undefined);
  const { stop } = ordersOf(workspace);
  return (
    <Section title={t("Danger zone")}>
      <ul className="divide-y divide-border rounded-lg border border-danger-border text-sm">
        <li className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
          <span className="min-w-0 flex-1 basis-60">
            <span className="block font-medium">{t("Stop")}</span>
            <span className="block text-muted-foreground">{stop ? t("Its programs end. Its files stay.") : t("It does not run.")}</span>
          </span>
          <Button variant="outline" size="sm" disabled={!stop} busy={pending === "stop"} onClick={() => setDialog("stop")}>
            {t("Stop…")}
          </Button>
        </li>
        <li className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
          <span className="min-w-0 flex-1 basis-60">
            <span className="block font-medium">{t("Delete")}</span>
            <span className="block text-muted-foreground">{t("Its files go for good, with its chats, shares and links.")}</span>
          </span>
          <Button variant="danger" size="sm" onClick={() => setDialog("delete")}>
            {t("Delete…")}
          </Button>
        </li>
      </ul>
      {dialog === "stop" && <StopDialog workspace={workspace} onStop={() => give("stop")} onClose={close} />}
      {dialog === "delete" && <DeleteDialog workspace={workspace} onClose={close} onDeleted={onDeleted} />}
    </Section>
  );
}
