import { ExternalLink } from "lucide-react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { Panel } from "./panel";

/** In place of the frame where browsers would deny the editor its storage in one. */
export function EditorLink({ workspace }: { workspace: Workspace }) {
  return (
    <Panel title={t("VS Code is ready")}>
      <p className="text-muted-foreground">{t("It opens in a tab of its own.")}</p>
      <div>
        <Button asChild>
          <a href={workspace.vscodeUrl} target="_blank" rel="noopener">
            <ExternalLink aria-hidden /> {t("Open VS Code")}
          </a>
        </Button>
      </div>
    </Panel>
  );
}
