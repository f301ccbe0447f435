import { GitCommitHorizontal, GitPullRequest } from "lucide-react";
import type { RepositoryEvent } from "@/api/types";
import { RowList } from "@/components/layout/row-list";
import { ago, exact, plural } from "@/lib/format";
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
          <WebLink href={url}>{title || "Untitled"}</WebLink>
        </p>
        <p className="break-words text-muted-foreground">
          {what(event)} <bdi className="break-all">{event.branch}</bdi>
          {author && <> by <bdi>{author}</bdi></>},{" "}
          <time dateTime={at} title={exact(at)}>
            {ago(at, now)}
          </time>
        </p>
      </div>
    </li>
  );
}

/** "2 commits to", "Pull request #7 opened from". */
function what({ kind, commits, number, action }: RepositoryEvent): string {
  if (kind === "push") return commits === undefined ? "Pushed to" : `${plural(commits, "commit")} to`;
  return ["Pull request", number && `#${number}`, action?.replaceAll("_", " "), "from"].filter(Boolean).join(" ");
}
