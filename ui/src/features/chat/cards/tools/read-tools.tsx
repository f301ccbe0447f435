import { FileSearch, FileText, FolderTree, Search } from "lucide-react";
import { memory, plural } from "@/lib/format";
import { type Call, pathOf } from "../call";
import { FileExcerpt } from "../file-excerpt";
import { CardLine } from "../line";
import { Matches, matchesOf } from "../matches";
import { PathList } from "../path-list";
import { number, position, text, texts, whole } from "../shape";
import type { ToolView } from "../tool-view";

const more = (call: Call) => (call.output.truncated === true ? "There is more than was returned." : undefined);
const place = ({ input }: Call) => pathOf(input) || ".";

export const listFiles: ToolView = {
  icon: FolderTree,
  label: "List",
  subject: place,
  aside: ({ output }) => counted(number(output.entries), "entry", "entries"),
  Body: ({ call: { output } }) => {
    const omitted = number(output.omitted) ?? 0;
    return (
      <>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
        <pre tabIndex={0} role="region" aria-label="Files" className="max-h-80 overflow-auto px-3 py-2 font-mono text-xs leading-5 -outline-offset-2">
          {text(output.text, 100_000) || "nothing"}
        </pre>
        {omitted > 0 && <CardLine>{counted(omitted, "entry", "entries")} left out</CardLine>}
      </>
    );
  },
};

export const findFiles: ToolView = {
  icon: FileSearch,
  label: "Find",
  subject: ({ input }) => text(input.pattern),
  aside: ({ output }) => plural(texts(output.paths).length, "file"),
  Body: ({ call }) => <PathList paths={texts(call.output.paths)} note={more(call)} />,
};

export const searchCode: ToolView = {
  icon: Search,
  label: "Search",
  subject: ({ input }) => text(input.query) + (text(input.path) && text(input.path) !== "." ? ` in ${text(input.path)}` : ""),
  aside: ({ output }) => counted(matchesOf(output.matches).filter((m) => !m.neighbour).length, "match", "matches"),
  Body: ({ call }) => <Matches matches={matchesOf(call.output.matches)} note={more(call)} />,
};

export const readFile: ToolView = {
  icon: FileText,
  label: "Read",
  subject: place,
  aside: ({ output }) => {
    const [start, end] = [position(output.startLine), position(output.endLine)];
    return start !== undefined && end !== undefined && typeof output.text === "string" ? `${start}–${end}` : undefined;
  },
  file: ({ input, output }) => ({ path: text(output.path, 1000) || pathOf(input), line: position(output.startLine) }),
  Body: ({ call: { output } }) => {
    if (typeof output.text !== "string") {
      const size = number(output.size);
      return <CardLine>{`${text(output.mediaType) || "A file without text"}${size === undefined ? "" : `, ${bytes(size)}`}`}</CardLine>;
    }
    const total = number(output.totalLines);
    return (
      <>
        <FileExcerpt text={whole(output.text)} startLine={position(output.startLine)} />
        {total !== undefined && <CardLine>{plural(total, "line")} in all</CardLine>}
      </>
    );
  },
};

function counted(n: number | undefined, one: string, many: string): string | undefined {
  return n === undefined ? undefined : `${n} ${n === 1 ? one : many}`;
}

function bytes(size: number): string {
  return size < 2 ** 20 ? `${Math.max(1, Math.round(size / 1024))} KiB` : memory(size);
}
