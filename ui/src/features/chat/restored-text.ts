import { t, tn } from "@/i18n/t";
import type { RestoreResult } from "./types";

/** What a restore did, in a few words. */
export function restoredText({ changed, removedMessages }: Pick<RestoreResult, "changed" | "removedMessages">): string {
  const files = tn("{n} file restored", "{n} files restored", changed);
  if (removedMessages > 0) return changed > 0 ? t("{files}, messages taken back", { files }) : t("Messages taken back");
  return changed > 0 ? files : t("No file was different");
}
