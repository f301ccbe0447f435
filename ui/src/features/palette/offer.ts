import { msg, t } from "@/i18n/t";
import type { Command } from "./commands";
import { find } from "./find";

export interface Offer {
  title: string;
  commands: Command[];
}

const groups: Record<Command["group"], string> = { workspaces: msg("Workspaces"), pages: msg("Go to"), actions: msg("Do") };
/** More than that is searched, not scrolled. */
const most = 50;
const workspacesAtFirst = 8;

/** What is shown for a query: without one what was done last and then all by kind, else the best of all. */
export function offer(all: Command[], query: string, recent: string[]): Offer[] {
  if (query.trim() !== "") return filled([{ title: t("Found"), commands: find(all, query).slice(0, most) }]);
  const last = recent.flatMap((id) => all.find((command) => command.id === id) ?? []);
  const rest = all.filter((command) => !command.hidden && !last.includes(command));
  return filled([
    { title: t("Recent"), commands: last },
    ...(Object.keys(groups) as Command["group"][]).map((group) => ({
      title: t(groups[group]),
      commands: rest.filter((command) => command.group === group).slice(0, group === "workspaces" ? workspacesAtFirst : most),
    })),
  ]);
}

function filled(offers: Offer[]): Offer[] {
  return offers.filter(({ commands }) => commands.length > 0);
}
