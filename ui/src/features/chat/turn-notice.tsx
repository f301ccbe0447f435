import { Info } from "lucide-react";
import type { NoticeData } from "./types";

/** What happened to a turn beside its answer: summed up, tried again, cut. */
export function TurnNotice({ data }: { data: NoticeData }) {
  return (
    <div className="flex gap-2 text-sm text-muted-foreground">
      <Info aria-hidden className="mt-0.5 size-4 shrink-0" />
      {data.detail ? (
        <details className="min-w-0">
          <summary className="cursor-pointer rounded">{data.text}</summary>
          <p className="mt-1 break-words whitespace-pre-wrap">{data.detail}</p>
        </details>
      ) : (
        <p className="min-w-0">{data.text}</p>
      )}
    </div>
  );
}
