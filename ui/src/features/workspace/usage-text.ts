import { msg, t } from "@/i18n/t";
import { language } from "@/i18n/language";

/** What keeps a workspace in use, in words. */
const words: Record<string, string> = {
  editor: msg("the editor"),
  port: msg("a port"),
  agent: msg("an agent client"),
  turn: msg("the agent"),
};

/** "In use by the editor and the agent". */
export function usedBy(activity: string[]): string {
  const known = activity.map((a) => words[a]).filter((w): w is string => w !== undefined);
  if (known.length === 0) return t("In use now");
  return t("In use by {what}", { what: new Intl.ListFormat(language).format(known.map((w) => t(w))) });
}
