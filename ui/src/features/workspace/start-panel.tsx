import type { Workspace } from "@/api/types";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import { Panel } from "./panel";
import { StartLog } from "./start-log";

export function StartPanel({ workspace }: { workspace: Workspace }) {
  return (
    <Panel title={t("Starting your workspace")}>
      <p className="flex items-center gap-2.5 text-muted-foreground">
        <Spinner /> {workspace.statusReason || t("VS Code appears here by itself.")}
      </p>
      <StartLog id={workspace.id} follow />
    </Panel>
  );
}
