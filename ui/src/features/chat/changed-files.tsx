import { ChevronRight, FileDiff } from "lucide-react";
import { useState } from "react";
import { msg, t, tn } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { Counts } from "./cards/diff/counts";
import { useChatActions } from "./chat-context";
import type { ChangedFile, DiffData } from "./types";

const words: Record<ChangedFile["status"], string> = { added: msg("new"), modified: "", deleted: msg("deleted"), renamed: msg("renamed") };
// More are rarely read one by one; the editor's own view has them all.
const shownFiles = 200;

/** The files that a turn changed. */
export function ChangedFiles({ data }: { data: DiffData }) {
  const [open, setOpen] = useState(data.files.length <= 5);
  const shown = data.files.slice(0, shownFiles);
  const count = Math.max(data.fileCount ?? 0, data.files.length);
  return (
    <div className="rounded-lg border border-border bg-surface text-sm">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex w-full items-center gap-2 rounded-lg px-3 py-2 text-left">
        <FileDiff aria-hidden className="size-4 shrink-0 text-muted-foreground" />
        <span className="font-medium">{tn("{n} file changed", "{n} files changed", count)}</span>
        <span className="text-xs"><Counts added={data.added} removed={data.removed} /></span>
        <ChevronRight aria-hidden className={cn("ml-auto size-4 shrink-0 text-muted-foreground transition-transform", open && "rotate-90")} />
      </button>
      {open && (
        <ul className="border-t border-border py-1">
          {shown.map((file) => (
            <File key={file.path} file={file} />
          ))}
          {count > shown.length && <li className="px-3 py-1 text-muted-foreground">{tn("and {n} more", "and {n} more", count - shown.length)}</li>}
        </ul>
      )}
    </div>
  );
}

function File({ file }: { file: ChangedFile }) {
  const { openFile, readOnly } = useChatActions();
  return (
    <li className="flex items-center gap-2 px-3 py-1">
      {file.status === "deleted" ? (
        <span className="min-w-0 truncate font-mono text-xs text-muted-foreground line-through" title={file.path}>
          {file.path}
        </span>
      ) : (
        <button
          type="button"
          onClick={() => openFile(file.path)}
          title={readOnly ? t("Show {place}", { place: file.path }) : t("Open {path} in VS Code", { path: file.path })}
          className="min-w-0 truncate rounded font-mono text-xs text-link underline-offset-2 hover:underline"
        >
          {file.path}
        </button>
      )}
      {words[file.status] && <span className="text-xs text-muted-foreground">{t(words[file.status])}</span>}
      <span className="ml-auto text-xs">
        <Counts added={file.added} removed={file.removed} />
      </span>
    </li>
  );
}
