import { lazy, Suspense } from "react";
import { MarkList } from "./mark-list";
import { PlainEditor } from "./plain-editor";
import type { CodeEditorProps } from "./types";

const Editor = lazy(() =>
  import("./editor").then(
    ({ Editor: loaded }) => ({ default: loaded }),
    () => ({ default: PlainEditor }), // without colours it can be edited all the same
  ),
);

/** A small editor of code: colours, line numbers, faults at their lines. Tab indents; Ctrl+M lets it leave. */
export function CodeEditor(props: CodeEditorProps) {
  return (
    <div className="grid min-w-0 grid-cols-1 gap-2">
      <Suspense fallback={<PlainEditor {...props} />}>
        <Editor {...props} />
      </Suspense>
      <MarkList marks={props.marks ?? []} />
    </div>
  );
}
