import { lazy, Suspense, useCallback, useRef } from "react";
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
  const caret = useRef<[start: number, end: number] | null>(null);
  /** Whoever is in the field before the editor has arrived is in the editor then, at the same place. */
  const field = useCallback((el: HTMLTextAreaElement | null) => {
    if (!el) return;
    if (caret.current) {
      el.focus({ preventScroll: true });
      el.setSelectionRange(...caret.current);
    }
    return () => {
      caret.current = el === document.activeElement ? [el.selectionStart, el.selectionEnd] : null;
    };
  }, []);
  return (
    <div className="grid min-w-0 grid-cols-1 gap-2">
      <Suspense fallback={<PlainEditor {...props} ref={field} />}>
        <Editor {...props} ref={field} />
      </Suspense>
      <MarkList marks={props.marks ?? []} />
    </div>
  );
}
