import type { Invitation } from "@/api/types";
import { t } from "@/i18n/t";

export function whoFor(invitation: Invitation): string {
  return invitation.email || t("Anybody with the link");
}
