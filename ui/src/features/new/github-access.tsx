import { connectAddress } from "@/api/queries/github";
import type { GitHubStatus } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { GitHubMark } from "@/features/auth/github-mark";
import { t } from "@/i18n/t";

interface GitHubAccessProps {
  github: GitHubStatus;
  /** Where to come back to from GitHub. */
  back: string;
}

/** What stands between the user and the repositories they may look for, with the way past it. */
export function GitHubAccess({ github, back }: GitHubAccessProps) {
  if (!github.enabled) {
    return <Hint>{t("GitHub is not set up on this server, so there is nothing to search. Paste the address of a repository.")}</Hint>;
  }
  if (!github.connected) {
    return (
      <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-dashed border-input px-4 py-3.5">
        <p className="max-w-md text-sm text-muted-foreground">{t("Connect GitHub to search your repositories and to push to public ones. The address of a public one can be pasted without.")}</p>
        <Connect address={connectAddress(github, back)}>{t("Connect GitHub")}</Connect>
      </div>
    );
  }
  if (github.problem) {
    return (
      <Notice variant="warning" live>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="min-w-0">{github.problem}</span>
          <Connect address={connectAddress(github, back, github.private)}>{t("Connect again")}</Connect>
        </div>
      </Notice>
    );
  }
  if (github.private) return null;
  if (!github.privateAllowed) return <Hint>{t("Only public repositories: private ones are switched off on this server.")}</Hint>;
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <Hint>{t("Only public repositories are shown. GitHub asks you before it lets Kalpana read and push to private ones.")}</Hint>
      <Connect address={connectAddress(github, back, true)}>{t("Show private repositories")}</Connect>
    </div>
  );
}

function Hint({ children }: { children: string }) {
  return <p className="max-w-md text-sm text-muted-foreground">{children}</p>;
}

/** A visit, not a call: GitHub shows a page of its own. */
function Connect({ address, children }: { address: string; children: string }) {
  return (
    <Button asChild variant="outline" size="sm">
      <a href={address}>
        <GitHubMark /> {children}
      </a>
    </Button>
  );
}
