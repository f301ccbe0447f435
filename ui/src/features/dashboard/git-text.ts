import type { WorkspaceFacts } from "@/api/types";
import { language } from "@/i18n/language";
import { tn } from "@/i18n/t";

/** "2 files changed and 3 commits not pushed", or "" when everything is elsewhere, too. */
export function nowhereElse({ changed, unpushed }: Pick<NonNullable<WorkspaceFacts["git"]>, "changed" | "unpushed">): string {
  const parts: string[] = [];
  if (changed > 0) parts.push(tn("{n} file changed", "{n} files changed", changed));
  if (unpushed > 0) parts.push(tn("{n} commit not pushed", "{n} commits not pushed", unpushed));
  return new Intl.ListFormat(language).format(parts);
}
