import type { GitHubRepositoryDetails, Template } from "@/api/types";
import { t } from "@/i18n/t";
import type { Place } from "./repository-search";

export interface Guessing {
  place: Place | undefined;
  details: GitHubRepositoryDetails | undefined;
  /** The repository is being looked at. */
  looking: boolean;
  templates: Template[] | undefined;
}

/** What the choice "guess" comes to, in sentences. */
export function guessText({ place, details, looking, templates }: Guessing): string {
  if (!place) return t("Without a repository there is nothing to guess from: a blank workspace.");
  if (place.kind === "git") return t("Only repositories on GitHub can be looked at before they are cloned: a blank workspace, unless you choose.");
  if (looking) return t("Looking at the repository's files…");
  if (!details?.guess) return t("The repository's files are looked at when the workspace is made.");
  const { template, reasons } = details.guess;
  const name = templates?.find((one) => one.id === template)?.name ?? template;
  return [`${name}.`, ...reasons].join(" ");
}
