import { useQuery } from "@tanstack/react-query";
import { githubQuery } from "@/api/queries/github";
import type { GitHubRepositoryDetails } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { BranchPicker } from "./branch-picker";
import { ChosenRepository, isMissing } from "./chosen-repository";
import { type Place, RepositorySearch } from "./repository-search";

interface SourcePickerProps {
  place: Place | undefined;
  /** Of a repository on GitHub, once it was looked at. */
  details: GitHubRepositoryDetails | undefined;
  /** Why it could not be looked at. */
  error: unknown;
  branch: string;
  onPlace: (place: Place | undefined) => void;
  onBranch: (branch: string) => void;
  /** What a link asked for and cannot be, and why. */
  wrong?: { typed: string; why: string };
  /** The user chose or went back to choosing: the focus goes along. */
  moved: boolean;
  /** Where to come back to from GitHub. */
  back: string;
}

/** Which code goes into the workspace: a repository and a branch of it, or none. */
export function SourcePicker({ place, details, error, branch, onPlace, onBranch, wrong, moved, back }: SourcePickerProps) {
  const github = useQuery(githubQuery);
  if (github.isError) return <LoadError error={github.error} onRetry={github.refetch} />;
  if (!github.data) {
    return (
      <div role="status" className="grid gap-2">
        <span className="sr-only">{t("Loading")}</span>
        <Skeleton className="h-5 w-24" />
        <Skeleton className="h-9" />
        <Skeleton className="h-32" />
      </div>
    );
  }
  if (!place) return <RepositorySearch github={github.data} back={back} initial={wrong?.typed} problem={wrong?.why} autoFocus={moved} onChoose={onPlace} />;
  return (
    <div className="grid grid-cols-1 gap-5">
      <ChosenRepository place={place} github={github.data} details={details} error={error} back={back} autoFocus={moved} onChange={() => onPlace(undefined)} />
      {!isMissing(error) && (
        <BranchPicker
          fullName={place.kind === "github" && details ? details.fullName : undefined}
          defaultBranch={details?.defaultBranch}
          value={branch}
          onChange={onBranch}
        />
      )}
    </div>
  );
}
