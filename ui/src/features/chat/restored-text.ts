import { plural } from "@/lib/format";
import type { RestoreResult } from "./types";

/** What a restore did, in a few words. */
export function restoredText({ changed, removedMessages }: Pick<RestoreResult, "changed" | "removedMessages">): string {
  const files = `${plural(changed, "file")} restored`;
  if (removedMessages > 0) return changed > 0 ? `${files}, messages taken back` : "Messages taken back";
  return changed > 0 ? files : "No file was different";
}
