import { useQuery } from "@tanstack/react-query";
import { CloudAlert } from "lucide-react";
import { unpushedQuery } from "@/api/queries/repository";
import type { Workspace } from "@/api/types";
import { Spinner } from "@/components/ui/spinner";
import { summary } from "@/features/repository/unpushed-text";
import { t } from "@/i18n/t";

/** Each workspace with what is in it and nowhere else. */
export function LossList({ workspaces }: { workspaces: Workspace[] }) {
  return (
    /* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */
    <ul aria-label={t("Workspaces")} tabIndex={workspaces.length > 4 ? 0 : undefined} className="max-h-60 divide-y divide-border overflow-y-auto rounded-lg border border-border text-sm">
      {workspaces.map((workspace) => (
        <li key={workspace.id} className="grid min-w-0 gap-0.5 px-3 py-2">
          <span className="font-medium break-words">{workspace.name}</span>
          <Loss workspace={workspace} />
        </li>
      ))}
    </ul>
  );
}

function Loss({ workspace }: { workspace: Workspace }) {
  const { data, isError } = useQuery({ ...unpushedQuery(workspace), refetchOnWindowFocus: false });
  if (isError) return <p className="text-notice-text">{t("It could not be found out whether everything is pushed.")}</p>;
  if (!data) {
    return (
      <p role="status" className="flex items-center gap-2 text-muted-foreground">
        <Spinner className="size-3.5" /> {t("Looking for work that was not pushed…")}
      </p>
    );
  }
  const text = summary(data);
  if (text) {
    return (
      <p className="flex items-center gap-1.5 text-notice-text">
        <CloudAlert aria-hidden className="size-4 shrink-0" /> {text}
      </p>
    );
  }
  const known = data.live || data.asOf;
  return <p className="text-muted-foreground">{!known ? t("Nobody has looked yet whether everything is pushed.") : data.found === 0 ? t("There is no Git repository in it.") : t("Everything is pushed.")}</p>;
}
