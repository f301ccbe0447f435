import { lazy, Suspense } from "react";
import type { MarkdownProps } from "./markdown";

// A quarter of the page, of no use before there is an answer.
const Loaded = lazy(() => import("./markdown").then((m) => ({ default: m.Markdown })));

/** Markdown, as plain text until its reader is loaded. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<div className="min-w-0 break-words whitespace-pre-wrap">{props.text}</div>}>
      <Loaded {...props} />
    </Suspense>
  );
}
