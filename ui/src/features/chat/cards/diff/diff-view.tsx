import { memo, useMemo } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { OpenFile } from "../open-file";
import { useMore } from "../use-more";
import { visible } from "../visible";
import { type DiffRow, parseDiff } from "./parse";
import "./diff.css";

const rowsAtFirst = 2000;

interface DiffViewProps {
  /** A unified diff. */
  diff: string;
  /** The server left some of it out. */
  truncated?: boolean;
  /** Names the files also when it is only one. */
  names?: boolean;
}

/** What a file changes to, with characters that hide or reorder others written out: somebody may decide by it. */
export const DiffView = memo(function DiffView({ diff, truncated = false, names = false }: DiffViewProps) {
  const rows = useMemo(() => {
    const all = parseDiff(diff);
    // Where a diff begins says nothing new.
    if (all[0]?.kind === "hunk" && all[0].text === "") all.shift();
    return names || all.filter((r) => r.kind === "file").length > 1 ? all : all.filter((r) => r.kind !== "file");
  }, [diff, names]);
  const { shown, more } = useMore(rows, rowsAtFirst, "rows");
  if (rows.length === 0) return <p className="px-3 py-2 text-muted-foreground">{t("No difference.")}</p>;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <div role="region" aria-label={t("Changes")} tabIndex={0} className="max-h-96 overflow-auto -outline-offset-2">
        <table className="w-full border-collapse font-mono text-xs leading-5">
          <caption className="sr-only">{t("Old line, new line, change and text")}</caption>
          <tbody>
            {shown.map((row, n) => (
              // oxlint-disable-next-line react/no-array-index-key -- rows are read once and never move
              <Row key={n} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {more}
      {truncated && <p className="border-t border-border px-3 py-1.5 text-xs text-muted-foreground">{t("The rest of the changes is too large to be shown here.")}</p>}
    </>
  );
});

const looks = {
  context: { sign: " ", name: "", row: "" },
  added: { sign: "+", name: "added", row: "bg-(--diff-added)" },
  removed: { sign: "−", name: "removed", row: "bg-(--diff-removed)" },
};
const gutter = "w-px px-1.5 text-right align-top text-muted-foreground tabular-nums select-none";

function Row({ row }: { row: DiffRow }) {
  switch (row.kind) {
    case "file":
      return (
        <tr className="border-y border-border bg-muted first:border-t-0">
          <th colSpan={4} scope="colgroup" className="px-3 py-1 text-left font-sans text-sm font-medium">
            {row.path ? <OpenFile path={row.path} className="min-h-6" /> : t("a file")}
            {row.note && <span className="ml-2 font-normal text-muted-foreground">{row.note}</span>}
          </th>
        </tr>
      );
    case "hunk":
    case "note":
      return (
        <tr className="bg-muted text-muted-foreground">
          <td colSpan={4} className="px-3 whitespace-pre">
            {row.kind === "hunk" ? `⋯ ${row.text}` : row.text}
          </td>
        </tr>
      );
    default: {
      const look = looks[row.kind];
      return (
        <tr className={look.row}>
          <td className={gutter}>{row.before}</td>
          <td className={gutter}>{row.after}</td>
          <td className={cn(gutter, "text-foreground")}>
            <span aria-hidden>{look.sign}</span>
            <span className="sr-only">{look.name}</span>
          </td>
          <td className="pr-3 whitespace-pre">{visible(row.text) || " "}</td>
        </tr>
      );
    }
  }
}
