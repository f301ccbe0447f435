import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useMemo, useRef } from "react";
import { reviewFileQuery } from "@/api/queries/review";
import { LoadError } from "@/components/layout/load-error";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { visible } from "@/features/chat/cards/visible";
import { useHighlighted } from "@/features/chat/markdown/use-highlighted";
import { t } from "@/i18n/t";
import { memory } from "@/lib/format";
import { languageOf } from "./language-of";
import "@/theme/code.css";

interface FileViewProps {
  workspaceId: string;
  place: { path: string; line?: number };
}

/** One file with the numbers of its lines. It is read again while it is shown. */
export function FileView({ workspaceId, place }: FileViewProps) {
  const { path, line } = place;
  const file = useQuery(reviewFileQuery(workspaceId, path));
  const shown = visible(path);
  return (
    <>
      <p title={shown} className="shrink-0 truncate border-b border-border px-4 py-2 font-mono text-xs">
        {shown}
      </p>
      {file.isPending && <Skeleton className="m-4 h-40" />}
      {!file.data && file.isError && (
        <div className="p-4">
          <LoadError error={file.error} onRetry={file.refetch} />
        </div>
      )}
      {file.data?.truncated && (
        <div className="shrink-0 p-2">
          <Notice>{t("It is large ({size}): only its beginning is shown.", { size: memory(file.data.size) })}</Notice>
        </div>
      )}
      {file.data && (file.data.text === null ? <p className="p-4 text-sm text-muted-foreground">{t("This file is no text, so it is not shown.")}</p> : <Text text={file.data.text} path={path} line={line} />)}
    </>
  );
}

/** Of a line, in pixels; the classes below say the same. */
const lineHeight = 20;

function Text({ text, path, line }: { text: string; path: string; line: number | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  // Somebody may decide by what is read here: nothing in it hides or reorders the rest.
  const code = useMemo(() => visible(text.replaceAll("\r\n", "\n").replace(/\n$/, "")), [text]);
  const lines = useMemo(() => code.split("\n").length, [code]);
  const coloured = useHighlighted(code, languageOf(path), true);
  useLayoutEffect(() => {
    if (line === undefined || !box.current) return;
    box.current.scrollTop = Math.max(0, (line - 1) * lineHeight - box.current.clientHeight / 3);
  }, [line]);
  if (text === "") return <p className="p-4 text-sm text-muted-foreground">{t("This file is empty.")}</p>;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
    <div ref={box} role="region" aria-label={t("Text of {path}", { path: visible(path) })} tabIndex={0} className="relative min-h-0 flex-1 overflow-auto bg-surface -outline-offset-2">
      <div className="relative flex w-max min-w-full py-2 font-mono text-xs leading-5">
        {line !== undefined && line <= lines && <div aria-hidden className="absolute inset-x-0 h-5 bg-primary/10" style={{ top: (line - 1) * lineHeight + 8 }} />}
        <pre aria-hidden className="sticky left-0 bg-surface px-3 text-right text-muted-foreground select-none">
          {Array.from({ length: lines }, (_, n) => n + 1).join("\n")}
        </pre>
        <pre className="relative pr-4">
          <code>{coloured ?? code}</code>
        </pre>
      </div>
    </div>
  );
}
