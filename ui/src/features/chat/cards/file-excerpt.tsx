import { useMemo } from "react";
import { t } from "@/i18n/t";
import { useMore } from "./use-more";

const linesAtFirst = 2000;
const widthLimit = 2000;

/** Lines of a file with their numbers. */
export function FileExcerpt({ text, startLine = 1 }: { text: string; startLine?: number }) {
  const lines = useMemo(() => {
    const all = text.split("\n");
    if (all.at(-1) === "") all.pop();
    return all.map((line) => line.replace(/\r$/, "").slice(0, widthLimit));
  }, [text]);
  const { shown, more } = useMore(lines, linesAtFirst, "lines");
  if (lines.length === 0) return <p className="px-3 py-2 text-muted-foreground">{t("No text.")}</p>;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <div role="region" aria-label={t("Lines of the file")} tabIndex={0} className="max-h-80 overflow-auto -outline-offset-2">
        <table className="w-full border-collapse font-mono text-xs leading-5">
          <tbody>
            {shown.map((line, n) => (
              // oxlint-disable-next-line react/no-array-index-key -- lines are read once and never move
              <tr key={n}>
                <td className="w-px pr-2 pl-3 text-right align-top text-muted-foreground tabular-nums select-none">{startLine + n}</td>
                <td className="pr-3 whitespace-pre">{line || " "}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </>
  );
}
