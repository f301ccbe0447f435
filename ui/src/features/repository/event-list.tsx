import { GitCommitHorizontal, GitPullRequest } from "lucide-react";
import type { RepositoryEvent } from "@/api/types";
import { RowList } from "@/components/layout/row-list";
import { msg, t, tn, tr } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { WebLink } from "./web-link";

/** What happened at a repository, newest first. */
export function EventList({ events }: { events: RepositoryEvent[] }) {
  return (
    <div aria-live="polite">
      <RowList>
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </RowList>
    </div>
  );
}

function EventRow({ event }: { event: RepositoryEvent }) {
  const now = useNow();
  const { kind, title, author, url, at } = event;
  const Icon = kind === "push" ? GitCommitHorizontal : GitPullRequest;
  return (
    <li className="flex gap-3 px-4 py-3 text-sm">
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
      <div className="grid min-w-0 flex-1 gap-0.5">
        <p className="font-medium break-words">
          <WebLink href={url}>{title || t("Untitled")}</WebLink>
        </p>
        <p className="break-words text-muted-foreground">
          {tr(what(event), { branch: <bdi className="break-all">{event.branch}</bdi> })}
          {author && <> {tr("by {author}", { author: <bdi>{author}</bdi> })}</>},{" "}
          <time dateTime={at} title={exact(at)}>
            {ago(at, now)}
          </time>
        </p>
      </div>
    </li>
  );
}

/** What GitHub says that became of a pull request; what is not here is shown as it says it. */
const actions: Record<string, string> = { opened: msg("opened"), closed: msg("closed"), merged: msg("merged"), reopened: msg("reopened"), ready_for_review: msg("ready for review") };

/** "2 commits to {branch}", "Pull request #7 opened from {branch}". */
function what({ kind, commits, number, action }: RepositoryEvent): string {
  if (kind === "push") return commits === undefined ? t("Pushed to {branch}") : tn("{n} commit to {branch}", "{n} commits to {branch}", commits);
  const done = action === undefined ? "" : t(actions[action] ?? action.replaceAll("_", " "));
  return t("Pull request {number} {action} from {branch}", { number: number ? `#${number}` : "", action: done }).replaceAll("  ", " ");
}
