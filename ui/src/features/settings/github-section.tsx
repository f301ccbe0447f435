import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { GitHubStatus } from "@/api/types";
import { connectAddress, githubQuery } from "@/api/queries/github";
import { LoadError } from "@/components/layout/load-error";
import { Section } from "@/components/layout/section";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { GitHubMark } from "@/features/auth/github-mark";
import { connectError } from "@/features/new/github-errors";
import { t, tr } from "@/i18n/t";
import { DisconnectGitHubDialog } from "./github-disconnect-dialog";

// The query names the section; a fragment would be lost on the way over GitHub.
const back = "/settings?section=github";

/** Whether and how the account is connected to GitHub. */
export function GitHubSection() {
  const { searchStr } = useLocation();
  const search = new URLSearchParams(searchStr);
  const github = useQuery(githubQuery);
  const here = useRef<HTMLDivElement>(null);
  const wanted = search.get("section") === "github" && !github.isPending;
  const failed = connectError(search.get("github_error") ?? undefined);
  useEffect(() => {
    if (wanted) here.current?.scrollIntoView();
  }, [wanted]);
  return (
    <div ref={here} className="scroll-mt-20">
      <Section anchor="github" title={t("GitHub")} description={t("To pick repositories, clone and push. The key stays with Kalpana: a workspace is never given it, only Git is, for its own repository's host.")}>
        <div className="grid grid-cols-1 gap-4">
          {failed && (
            <Notice variant="danger" live>
              {failed}
            </Notice>
          )}
          {github.isPending && <Skeleton className="h-16" />}
          {github.isError && <LoadError error={github.error} onRetry={github.refetch} />}
          {github.data && <Connection github={github.data} />}
        </div>
      </Section>
    </div>
  );
}

function Connection({ github }: { github: GitHubStatus }) {
  const [disconnecting, setDisconnecting] = useState(false);
  const host = hostOf(github.url);
  if (!github.enabled) {
    return <p className="text-sm text-muted-foreground">{t("GitHub is not set up on this server. Repositories are cloned by their https address.")}</p>;
  }
  if (!github.connected) {
    return (
      <>
        {github.problem && <Notice variant="warning">{github.problem}</Notice>}
        <div className="grid justify-items-start gap-2">
          <Button asChild>
            <a href={connectAddress(github, back)}>
              <GitHubMark /> {t("Connect {host}", { host })}
            </a>
          </Button>
          <p className="text-sm text-muted-foreground">{t("GitHub asks you to let Kalpana push to your public repositories. Private ones are asked for separately.")}</p>
        </div>
      </>
    );
  }
  return (
    <>
      {github.problem && (
        <Notice variant="danger">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <span>{github.problem}</span>
            <Button asChild variant="outline" size="sm">
              <a href={connectAddress(github, back, github.private)}>{t("Connect again")}</a>
            </Button>
          </div>
        </Notice>
      )}
      <div className="flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-3">
          <Picture url={github.avatarUrl} />
          <div className="grid min-w-0 grid-cols-1 gap-0.5 text-sm">
            <p className="flex flex-wrap items-center gap-2">
              <span className="min-w-0 break-all">
                {tr("Connected as {login}", { login: <strong className="font-medium">{github.login}</strong> })}
              </span>
              <Badge variant={github.private ? "accent" : "neutral"}>{github.private ? t("Public and private repositories") : t("Public repositories")}</Badge>
            </p>
            {host !== "GitHub" && <p className="text-muted-foreground">{t("at {host}", { host })}</p>}
          </div>
        </div>
        <Button variant="outline" size="sm" onClick={() => setDisconnecting(true)}>
          {t("Disconnect…")}
        </Button>
      </div>
      {!github.private && <StepUp github={github} host={host} />}
      {disconnecting && <DisconnectGitHubDialog host={host} onClose={() => setDisconnecting(false)} />}
    </>
  );
}

/** How a connection comes to more than reading public repositories, and what that means. */
function StepUp({ github, host }: { github: GitHubStatus; host: string }) {
  return (
    <div className="grid grid-cols-1 gap-4 rounded-lg border border-border p-4 text-sm text-muted-foreground [&_a]:justify-self-start">
      <p>{t("Signing in with {host} alone lets Kalpana read public repositories. To push to them, {host} has to be asked for that, too.", { host })}</p>
      <Button asChild variant="outline" size="sm">
        <a href={connectAddress(github, back)}>{t("Allow pushing")}</a>
      </Button>
      {github.privateAllowed ? <Private github={github} host={host} /> : <p>{t("Private repositories are switched off on this server.")}</p>}
    </div>
  );
}

function Private({ github, host }: { github: GitHubStatus; host: string }) {
  return (
    <>
      <p>
        {t("For private repositories {host} has to be asked once more: for the right to read and write all repositories you can reach. It has no smaller one. In each workspace Kalpana uses it for that workspace's repository.", { host })}
      </p>
      <Button asChild variant="outline" size="sm">
        <a href={connectAddress(github, back, true)}>{t("Allow private repositories")}</a>
      </Button>
    </>
  );
}

/** The picture of the account, or GitHub's mark where it may not be shown. */
function Picture({ url }: { url: string }) {
  const [broken, setBroken] = useState(false);
  if (url && !broken) return <img src={url} alt="" onError={() => setBroken(true)} className="size-10 shrink-0 rounded-full bg-muted" />;
  return (
    <span className="grid size-10 shrink-0 place-items-center rounded-full bg-muted [&_svg]:size-5">
      <GitHubMark />
    </span>
  );
}

function hostOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "GitHub";
  return host === "github.com" ? "GitHub" : host;
}
