import { useQuery } from "@tanstack/react-query";
import { Blocks, GitBranch } from "lucide-react";
import { templatesQuery } from "@/api/queries/templates";
import type { Workspace } from "@/api/types";
import { t } from "@/i18n/t";
import { repositoryName } from "./repository-name";

/** Which code and which template a workspace was made with; nothing for neither. */
export function CodeLine({ workspace }: { workspace: Workspace }) {
  const { githubRepo, branch, template } = workspace;
  const { data } = useQuery({ ...templatesQuery, enabled: template !== "", staleTime: 10 * 60_000 });
  const name = data?.find((one) => one.id === template)?.name ?? template;
  const code = branch ? `${repositoryName(githubRepo)}, ${branch}` : repositoryName(githubRepo);
  return (
    <>
      {githubRepo && (
        <p className="flex min-w-0 items-center gap-1.5" title={code}>
          <GitBranch aria-hidden className="size-4 shrink-0" />
          <span className="truncate">
            <span className="text-foreground">{repositoryName(githubRepo)}</span>
            {branch && (
              <>
                {" · "}
                <bdi>{branch}</bdi>
              </>
            )}
          </span>
        </p>
      )}
      {template && (
        <p className="flex min-w-0 items-center gap-1.5" title={t("Template: {name}", { name })}>
          <Blocks aria-hidden className="size-4 shrink-0" />
          <span className="sr-only">{t("Template:")} </span>
          <span className="truncate">{name}</span>
        </p>
      )}
    </>
  );
}
