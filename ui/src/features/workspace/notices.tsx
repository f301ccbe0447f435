import { TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import type { NoticeKind, Workspace, WorkspaceNotice } from "@/api/types";
import { Button } from "@/components/ui/button";
import { RetryClone } from "@/features/repository/retry-clone";
import { msg, t } from "@/i18n/t";
import { StartLogDialog } from "./start-log-dialog";
import { useDismissed } from "./use-dismissed";
import { useOrders } from "./use-orders";

const titles: Record<NoticeKind, string> = {
  clone: msg("The repository is not here"),
  environment: msg("Tools are missing"),
  variables: msg("Variables are missing"),
  extensions: msg("Extensions are missing"),
  setup: msg("The setup did not finish"),
  template: msg("The template was not used"),
  image: msg("Packages are missing"),
};

/** Of a kind that a newer server tells. */
const other = msg("Something is missing");

/** What is tried anew at every start. */
const helpedByRestart: NoticeKind[] = ["environment", "variables", "extensions", "template", "image"];

/** What the latest start could not do, above the workspace that runs without it. */
export function Notices({ workspace }: { workspace: Workspace }) {
  const { id, status, notices, clone, containerId } = workspace;
  const { dismissed, dismiss } = useDismissed(id);
  const { give, pending } = useOrders(workspace);
  const [log, setLog] = useState(false);
  if (status !== "RUNNING") return null;
  // Of this start: the same words after the next one are news.
  const nameOf = (n: WorkspaceNotice) => `${containerId} ${n.kind} ${n.text}`;
  const shown = notices.filter((n) => !dismissed.includes(nameOf(n)));
  return (
    <>
      {shown.length > 0 && (
        <ul aria-label={t("About this start")} className="max-h-[40dvh] shrink-0 divide-y divide-notice-border overflow-y-auto border-b border-notice-border bg-notice-soft text-sm text-notice-text">
          {shown.map((notice) => (
            <li key={nameOf(notice)} className="flex flex-wrap items-start gap-x-3 gap-y-2 px-3 py-2 sm:flex-nowrap">
              <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
              <p role="status" className="min-w-0 flex-1 basis-48 break-words">
                <strong className="font-medium">{t(titles[notice.kind] ?? other)}:</strong> {notice.text}
              </p>
              <span className="flex shrink-0 items-center gap-1.5 max-sm:ml-7">
                {notice.kind === "clone" && clone.state === "failed" && <RetryClone workspace={workspace} />}
                {helpedByRestart.includes(notice.kind) && (
                  <Button variant="outline" size="sm" busy={pending === "restart"} onClick={() => give("restart")}>
                    {t("Restart")}
                  </Button>
                )}
                <Button variant="outline" size="sm" onClick={() => setLog(true)}>
                  {t("Start log")}
                </Button>
                <Button variant="ghost" size="icon-sm" aria-label={t("Hide: {what}", { what: t(titles[notice.kind] ?? other) })} onClick={() => dismiss(nameOf(notice))}>
                  <X aria-hidden />
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {log && <StartLogDialog workspace={workspace} onClose={() => setLog(false)} />}
    </>
  );
}
