import { FileSearch, FileText, FolderTree, Search } from "lucide-react";
import { msg, t, tn } from "@/i18n/t";
import { memory } from "@/lib/format";
import { type Call, pathOf } from "../call";
import { FileExcerpt } from "../file-excerpt";
import { CardLine } from "../line";
import { Matches, matchesOf } from "../matches";
import { PathList } from "../path-list";
import { number, position, text, texts, whole } from "../shape";
import type { ToolView } from "../tool-view";

const more = (call: Call) => (call.output.truncated === true ? t("There is more than was returned.") : undefined);
const place = ({ input }: Call) => pathOf(input) || ".";

export const listFiles: ToolView = {
  icon: FolderTree,
  label: msg("List"),
  subject: place,
  aside: ({ output }) => entries(number(output.entries)),
  Body: ({ call: { output } }) => {
    const omitted = number(output.omitted) ?? 0;
    return (
      <>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
        <pre tabIndex={0} role="region" aria-label={t("Files")} className="max-h-80 overflow-auto px-3 py-2 font-mono text-xs leading-5 -outline-offset-2">
          {text(output.text, 100_000) || t("nothing")}
        </pre>
        {omitted > 0 && <CardLine>{tn("{n} entry left out", "{n} entries left out", omitted)}</CardLine>}
      </>
    );
  },
};

export const findFiles: ToolView = {
  icon: FileSearch,
  label: msg("Find"),
  subject: ({ input }) => text(input.pattern),
  aside: ({ output }) => tn("{n} file", "{n} files", texts(output.paths).length),
  Body: ({ call }) => <PathList paths={texts(call.output.paths)} note={more(call)} />,
};

export const searchCode: ToolView = {
  icon: Search,
  label: msg("Search"),
  subject: ({ input }) => text(input.query) + (text(input.path) && text(input.path) !== "." ? t(" in {path}", { path: text(input.path) }) : ""),
  aside: ({ output }) => tn("{n} match", "{n} matches", matchesOf(output.matches).filter((m) => !m.neighbour).length),
  Body: ({ call }) => <Matches matches={matchesOf(call.output.matches)} note={more(call)} />,
};

export const readFile: ToolView = {
  icon: FileText,
  label: msg("Read"),
  subject: place,
  aside: ({ output }) => {
    const [start, end] = [position(output.startLine), position(output.endLine)];
    return start !== undefined && end !== undefined && typeof output.text === "string" ? `${start}–${end}` : undefined;
  },
  file: ({ input, output }) => ({ path: text(output.path, 1000) || pathOf(input), line: position(output.startLine) }),
  Body: ({ call: { output } }) => {
    if (typeof output.text !== "string") {
      const size = number(output.size);
      return <CardLine>{`${text(output.mediaType) || t("A file without text")}${size === undefined ? "" : `, ${bytes(size)}`}`}</CardLine>;
    }
    const total = number(output.totalLines);
    return (
      <>
        <FileExcerpt text={whole(output.text)} startLine={position(output.startLine)} />
        {total !== undefined && <CardLine>{tn("{n} line in all", "{n} lines in all", total)}</CardLine>}
      </>
    );
  },
};

function entries(n: number | undefined): string | undefined {
  return n === undefined ? undefined : tn("{n} entry", "{n} entries", n);
}

function bytes(size: number): string {
  return size < 2 ** 20 ? `${Math.max(1, Math.round(size / 1024))} KiB` : memory(size);
}
