import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { reviewQuery } from "@/api/queries/review";
import type { Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { Changes } from "./changes";
import { ChatReader } from "./chat-reader";
import { Files, type Place } from "./files";
import { NotRunning } from "./not-running";
import { ReviewBar } from "./review-bar";
import { useWide } from "./use-wide";
import { type View, ViewSwitch } from "./view-switch";

/** The chats beside what is changed; one thing at a time where there is little room. */
export function ReviewView({ workspace }: { workspace: Workspace }) {
  const { id, status } = workspace;
  const isWide = useWide();
  const running = status === "RUNNING";
  const review = useQuery({ ...reviewQuery(id), enabled: running });
  const [chosen, setChosen] = useState<View>("chat");
  const [place, setPlace] = useState<Place>();
  const view: View = isWide && chosen === "chat" ? "changes" : chosen;
  const onShow = useCallback((path: string, line?: number) => {
    setPlace({ path, line });
    setChosen("files");
  }, []);
  const count = running ? review.data?.changes.length : undefined;
  return (
    <div className="flex h-dvh flex-col">
      <ReviewBar workspace={workspace} />
      {!isWide && <ViewSwitch view={view} views={["chat", "changes", "files"]} changes={count} onChange={setChosen} />}
      <main className="flex min-h-0 flex-1">
        <section aria-label={t("Chat")} className={cn("min-h-0 min-w-0", isWide ? "w-2/5 shrink-0 border-r border-border" : "flex-1", !isWide && view !== "chat" && "hidden")}>
          <ChatReader workspace={workspace} onShow={onShow} />
        </section>
        {view !== "chat" && (
          <section aria-label={view === "changes" ? t("Changes") : t("Files")} className="flex min-h-0 min-w-0 flex-1 flex-col">
            {isWide && <ViewSwitch view={view} views={["changes", "files"]} changes={count} onChange={setChosen} />}
            {running ? (
              <div className="min-h-0 flex-1">
                {review.isPending && <Skeleton className="m-4 h-40" />}
                {!review.data && review.isError && (
                  <div className="p-4">
                    <LoadError error={review.error} onRetry={review.refetch} />
                  </div>
                )}
                {review.data && view === "changes" && <Changes workspace={workspace} review={review.data} onShow={onShow} />}
                {review.data && view === "files" && <Files workspaceId={id} review={review.data} place={place} onShow={onShow} onClose={() => setPlace(undefined)} />}
              </div>
            ) : (
              <NotRunning workspace={workspace} />
            )}
          </section>
        )}
      </main>
    </div>
  );
}
