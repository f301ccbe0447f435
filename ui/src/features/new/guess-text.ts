import type { GitHubRepositoryDetails, Template } from "@/api/types";
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
  if (!place) return "Without a repository there is nothing to guess from: a blank workspace.";
  if (place.kind === "git") return "Only repositories on GitHub can be looked at before they are cloned: a blank workspace, unless you choose.";
  if (looking) return "Looking at the repository's files…";
  if (!details?.guess) return "The repository's files are looked at when the workspace is made.";
  const { template, reasons } = details.guess;
  const name = templates?.find((t) => t.id === template)?.name ?? template;
  return [`${name}.`, ...reasons].join(" ");
}
