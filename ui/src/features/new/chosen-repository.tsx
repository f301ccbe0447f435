import { GitBranch, Lock } from "lucide-react";
import { Problem, sentence } from "@/api/problem";
import type { GitHubRepositoryDetails, GitHubStatus } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { GitHubMark } from "@/features/auth/github-mark";
import { repositoryName } from "@/features/repository/repository-name";
import { t, tr } from "@/i18n/t";
import { GitHubAccess } from "./github-access";
import type { Place } from "./repository-search";

interface ChosenRepositoryProps {
  place: Place;
  github: GitHubStatus;
  details: GitHubRepositoryDetails | undefined;
  error: unknown;
  back: string;
  /** The box the focus was in is gone. */
  autoFocus: boolean;
  onChange: () => void;
}

/** The repository that is going to be cloned, what is known of it, and a way back. */
export function ChosenRepository({ place, github, details, error, back, autoFocus, onChange }: ChosenRepositoryProps) {
  const asked = place.kind === "github" ? place.fullName : place.url;
  const name = repositoryName(details?.fullName ?? asked);
  const looking = place.kind === "github" && github.connected && !details && !error;
  return (
    <div className="grid grid-cols-1 gap-3">
      <p className="text-sm font-medium">{t("Repository")}</p>
      <div className="flex items-center gap-3 rounded-lg border border-border bg-background px-4 py-3">
        <span className="shrink-0 self-start pt-0.5 text-muted-foreground [&_svg]:size-5">{place.kind === "github" ? <GitHubMark /> : <GitBranch aria-hidden />}</span>
        <div className="grid min-w-0 flex-1 gap-0.5 text-sm">
          <p className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
            <span className="min-w-0 font-medium break-all">{name}</span>
            {details?.private && (
              <Badge>
                <Lock aria-hidden className="size-3" /> {t("Private")}
              </Badge>
            )}
            {details?.archived && <Badge>{t("Archived")}</Badge>}
          </p>
          {looking && <Skeleton className="h-4 w-56 max-w-full" />}
          {details?.description && <p className="line-clamp-2 text-muted-foreground">{details.description}</p>}
          {place.kind === "git" && <p className="text-muted-foreground">{t("If this host wants a login, store it in the settings first.")}</p>}
          {place.kind === "github" && !github.connected && <p className="text-muted-foreground">{t("A public repository can be cloned without being connected.")}</p>}
        </div>
        <Button autoFocus={autoFocus} variant="outline" size="sm" onClick={onChange} className="self-start">
          {tr("Change {what}", { what: <span className="sr-only">{t("the repository")}</span> })}
        </Button>
      </div>
      {details && details.fullName.toLowerCase() !== asked.toLowerCase() && (
        <Notice live>
          {t("{asked} is called {name} now.", { asked, name: details.fullName })}
        </Notice>
      )}
      {details?.archived && <Notice>{t("This repository is archived: it can be cloned, but nothing can be pushed to it.")}</Notice>}
      {error !== null && error !== undefined && <Trouble error={error} name={name} />}
      {place.kind === "github" && needsAccess(github, error) && <GitHubAccess github={github} back={back} />}
    </div>
  );
}

function Trouble({ error, name }: { error: unknown; name: string }) {
  if (!isMissing(error)) {
    return (
      <Notice variant="warning" live>
        {t("{error} You can create the workspace nevertheless.", { error: sentence(error) })}
      </Notice>
    );
  }
  return (
    <Notice variant="danger" live>
      {t("GitHub shows you no repository {name}. It may be mistyped, private, renamed or deleted.", { name })}
    </Notice>
  );
}

/** Whether the repository is not there for this user: its clone would fail. */
export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}

function needsAccess(github: GitHubStatus, error: unknown): boolean {
  return github.enabled && (!github.connected || github.problem !== "" || (isMissing(error) && !github.private));
}
