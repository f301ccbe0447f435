import type { ReactNode } from "react";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

/** What giving the right to edit means, before it is given. */
export function EditWarning({ who, children }: { who?: string; children?: ReactNode }) {
  return (
    <Notice variant="warning" live>
      <p>
        {who
          ? t("{who} could do in it what you can: run commands, read its variables and secrets, and push with your git login.", { who })
          : t("Who may edit can do in it what you can: run commands, read its variables and secrets, and push with your git login.")}
      </p>
      {children}
    </Notice>
  );
}
