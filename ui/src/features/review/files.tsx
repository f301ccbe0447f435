import { ArrowLeft } from "lucide-react";
import type { Review } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { FileView } from "./file-view";
import { Folder } from "./folder";
import { OpenFiles } from "./open-files";
import { useWide } from "./use-wide";

/** A file, and a line in it. */
export interface Place {
  path: string;
  line?: number;
}

interface FilesProps {
  workspaceId: string;
  review: Review;
  place: Place | undefined;
  onShow: (path: string, line?: number) => void;
  onClose: () => void;
}

/** The files of a workspace, and one of them open. */
export function Files({ workspaceId, review, place, onShow, onClose }: FilesProps) {
  const isWide = useWide();
  return (
    <div className="flex size-full min-h-0">
      <div className={cn("min-h-0 overflow-y-auto", isWide ? "w-64 shrink-0 border-r border-border" : "flex-1", !isWide && place && "hidden")}>
        <OpenFiles files={review.openFiles} onShow={onShow} />
        <nav aria-label={t("Files")} className="p-2">
          <Folder workspaceId={workspaceId} path="" current={place?.path} start={review.folder} onShow={onShow} />
        </nav>
      </div>
      {(isWide || place) && (
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          {!isWide && (
            <div className="shrink-0 border-b border-border p-1.5">
              <Button variant="ghost" size="sm" onClick={onClose}>
                <ArrowLeft aria-hidden /> {t("All files")}
              </Button>
            </div>
          )}
          {place ? (
            <FileView key={place.path} workspaceId={workspaceId} place={place} />
          ) : (
            <p className="p-6 text-sm text-muted-foreground">{t("Choose a file to read it.")}</p>
          )}
        </div>
      )}
    </div>
  );
}
