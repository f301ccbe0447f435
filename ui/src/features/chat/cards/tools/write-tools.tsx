import { FilePen, FilePlus, FileX, FolderInput } from "lucide-react";
import { msg, t, tn, tr } from "@/i18n/t";
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
  label: ({ output }) => (output.created === false ? t("Rewrite") : t("Write")),
  subject: ({ input }) => pathOf(input),
  aside: counts,
  file,
  Peek: ({ call }) => <Tail text={whole(call.input.content)} />,
  Unfinished: ({ call }) => <FileExcerpt text={whole(call.input.content)} />,
  Body: Changes,
};

export const editFile: ToolView = {
  icon: FilePen,
  label: msg("Edit"),
  subject: ({ input }) => pathOf(input),
  aside: counts,
  file,
  Peek: ({ call }) => <Tail text={whole(lastEdit(call).newText)} />,
  Unfinished: ({ call }) => <FileExcerpt text={whole(lastEdit(call).newText)} />,
  Body: Changes,
};

export const moveFile: ToolView = {
  icon: FolderInput,
  label: msg("Move"),
  subject: ({ input }) => `${text(input.from, 1000)} → ${text(input.to, 1000)}`,
  file: ({ input, output, progress }) => (progress === "done" ? { path: text(output.to, 1000) || text(input.to, 1000) } : undefined),
  Body: ({ call: { input, output } }) => (
    <CardLine>
      {tr("{from} is now {to}", {
        from: text(output.from, 1000) || text(input.from, 1000),
        to: <OpenFile path={text(output.to, 1000) || text(input.to, 1000)} />,
      })}
    </CardLine>
  ),
};

export const deleteFile: ToolView = {
  icon: FileX,
  label: msg("Delete"),
  subject: ({ input }) => pathOf(input),
  aside: ({ output }) => tn("{n} file", "{n} files", number(output.count) ?? 1),
  Body: ({ call: { input, output } }) => (
    <CardLine>
      {tn("{n} file deleted at {path}", "{n} files deleted at {path}", number(output.count) ?? 1, { path: text(output.path, 1000) || pathOf(input) })}
    </CardLine>
  ),
};
