import { FilePen, FilePlus, FileX, FolderInput } from "lucide-react";
import { plural } from "@/lib/format";
import { type Call, pathOf } from "../call";
import { Counts } from "../diff/counts";
import { DiffView } from "../diff/diff-view";
import { FileExcerpt } from "../file-excerpt";
import { CardLine } from "../line";
import { OpenFile } from "../open-file";
import { fields, list, number, text, whole } from "../shape";
import { Tail } from "../tail";
import type { ToolView } from "../tool-view";

const file = ({ input, output }: Call) => ({ path: text(output.path, 1000) || pathOf(input) });
const counts = ({ output }: Call) => <Counts added={number(output.added)} removed={number(output.removed)} />;

const lastEdit = ({ input }: Call) => fields(list(input.edits).at(-1));

function Changes({ call: { output } }: { call: Call }) {
  return <DiffView diff={whole(output.diff)} truncated={output.diffTruncated === true} />;
}

export const writeFile: ToolView = {
  icon: FilePlus,
  label: ({ output }) => (output.created === false ? "Rewrite" : "Write"),
  subject: ({ input }) => pathOf(input),
  aside: counts,
  file,
  Peek: ({ call }) => <Tail text={whole(call.input.content)} />,
  Unfinished: ({ call }) => <FileExcerpt text={whole(call.input.content)} />,
  Body: Changes,
};

export const editFile: ToolView = {
  icon: FilePen,
  label: "Edit",
  subject: ({ input }) => pathOf(input),
  aside: counts,
  file,
  Peek: ({ call }) => <Tail text={whole(lastEdit(call).newText)} />,
  Unfinished: ({ call }) => <FileExcerpt text={whole(lastEdit(call).newText)} />,
  Body: Changes,
};

export const moveFile: ToolView = {
  icon: FolderInput,
  label: "Move",
  subject: ({ input }) => `${text(input.from, 1000)} → ${text(input.to, 1000)}`,
  file: ({ input, output, progress }) => (progress === "done" ? { path: text(output.to, 1000) || text(input.to, 1000) } : undefined),
  Body: ({ call: { input, output } }) => (
    <CardLine>
      {text(output.from, 1000) || text(input.from, 1000)} is now <OpenFile path={text(output.to, 1000) || text(input.to, 1000)} />
    </CardLine>
  ),
};

export const deleteFile: ToolView = {
  icon: FileX,
  label: "Delete",
  subject: ({ input }) => pathOf(input),
  aside: ({ output }) => plural(number(output.count) ?? 1, "file"),
  Body: ({ call: { input, output } }) => (
    <CardLine>
      {plural(number(output.count) ?? 1, "file")} deleted at {text(output.path, 1000) || pathOf(input)}
    </CardLine>
  ),
};
