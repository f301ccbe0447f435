import { useQuery } from "@tanstack/react-query";
import { ChevronRight, File, Folder as FolderIcon } from "lucide-react";
import { useState } from "react";
import { reviewFilesQuery } from "@/api/queries/review";
import type { ReviewEntry } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Skeleton } from "@/components/ui/skeleton";
import { visible } from "@/features/chat/cards/visible";
import { useMore } from "@/features/chat/cards/use-more";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";

interface FolderProps {
  workspaceId: string;
  /** "" is where workspaces have their files. */
  path: string;
  /** The file that is shown. */
  current: string | undefined;
  /** The folder whose way is open from the beginning. */
  start: string;
  onShow: (path: string) => void;
}

const entriesAtFirst = 200;

/** What is in a folder; folders in it open below their names. */
export function Folder(props: FolderProps) {
  const { workspaceId, path } = props;
  const files = useQuery(reviewFilesQuery(workspaceId, path));
  const { shown, more } = useMore(files.data ?? [], entriesAtFirst, "files");
  if (files.isPending) return <Skeleton className="m-1 h-12" />;
  if (!files.data) return <LoadError error={files.error} onRetry={files.refetch} />;
  if (files.data.length === 0) return <p className="px-2 py-1 text-sm text-muted-foreground">{t("empty")}</p>;
  return (
    <>
      <ul className="text-sm">
        {shown.map((entry) => (
          <Entry key={entry.name} {...props} entry={entry} path={path === "" ? entry.name : `${path}/${entry.name}`} />
        ))}
      </ul>
      {more}
    </>
  );
}

function Entry({ entry, path, ...rest }: FolderProps & { entry: ReviewEntry }) {
  const { current, start, onShow } = rest;
  const [open, setOpen] = useState(() => within(start, path) || within(current, path));
  const name = visible(entry.name);
  const Icon = entry.folder ? FolderIcon : File;
  return (
    <li>
      <button
        type="button"
        aria-expanded={entry.folder ? open : undefined}
        aria-current={!entry.folder && current === path ? "true" : undefined}
        title={name}
        onClick={() => (entry.folder ? setOpen(!open) : onShow(path))}
        className="flex min-h-7 w-full min-w-0 items-center gap-1.5 rounded-lg px-1.5 py-0.5 text-left -outline-offset-2 hover:bg-muted aria-[current]:bg-primary/10 aria-[current]:font-medium"
      >
        <ChevronRight aria-hidden className={cn("size-3.5 shrink-0 text-muted-foreground transition-transform", open && "rotate-90", !entry.folder && "invisible")} />
        <Icon aria-hidden className="size-4 shrink-0 text-muted-foreground" />
        <span className="truncate">{name}</span>
      </button>
      {entry.folder && open && (
        <div className="ml-3 border-l border-border pl-1.5">
          <Folder {...rest} path={path} />
        </div>
      )}
    </li>
  );
}

/** Whether a place is in a folder, or is it. */
function within(place: string | undefined, folder: string): boolean {
  return place !== undefined && place !== "" && (place === folder || place.startsWith(`${folder}/`));
}
