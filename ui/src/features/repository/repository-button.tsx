import { useQuery } from "@tanstack/react-query";
import { GitBranch } from "lucide-react";
import { useState } from "react";
import { repositoryQuery } from "@/api/queries/repository";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { RepositoryDialog } from "./repository-dialog";

/** Opens the repository of a workspace, and marks what happened there since it was looked at. */
export function RepositoryButton({ workspace }: { workspace: Workspace }) {
  const { id, githubRepo, clone } = workspace;
  const [shown, setShown] = useState(false);
  const repository = useQuery({ ...repositoryQuery(id), enabled: githubRepo !== "", retry: false });
  const newest = repository.data?.events[0]?.id ?? "";
  const [seen, setSeen] = useState<string>();
  // What was there when the page was opened is no news.
  if (seen === undefined && repository.data) setSeen(newest);
  if (shown && seen !== newest) setSeen(newest);
  if (githubRepo === "") return null;
  const news = seen !== undefined && newest !== seen;
  return (
    <>
      <Button variant="ghost" size="sm" className="relative max-lg:px-2 max-sm:hidden" onClick={() => setShown(true)}>
        <GitBranch aria-hidden />
        <span className="max-lg:sr-only">{t("Repository")}</span>
        {(news || clone.state === "failed") && (
          <span className="absolute top-1 right-1 size-2 rounded-full bg-busy">
            <span className="sr-only"> {news ? t("(something happened)") : t("(not cloned)")}</span>
          </span>
        )}
      </Button>
      {shown && <RepositoryDialog workspace={workspace} onClose={() => setShown(false)} />}
    </>
  );
}
