import { FileDiff, GitBranch, GitCommitHorizontal } from "lucide-react";
import { msg, t, tn, tr } from "@/i18n/t";
import { Counts } from "../diff/counts";
import { DiffView } from "../diff/diff-view";
import { CardLine } from "../line";
import { OpenFile } from "../open-file";
import { type Fields, fields, list, number, text, whole } from "../shape";
import type { ToolView } from "../tool-view";
import { useMore } from "../use-more";

const filesAtFirst = 100;

export const gitStatus: ToolView = {
  icon: GitBranch,
  label: msg("Git status"),
  subject: ({ output }) => text(output.branch),
  aside: ({ output }) => tn("{n} file changed", "{n} files changed", list(output.files).length),
  Body: ({ call: { output } }) => <Status output={output} />,
};

const words: Record<string, string> = { M: msg("modified"), A: msg("added"), D: msg("deleted"), R: msg("renamed"), C: msg("copied"), U: msg("in conflict"), "?": msg("not tracked"), T: msg("other kind") };

function Status({ output }: { output: Fields }) {
  const { shown, more } = useMore(list(output.files).map(fields), filesAtFirst, "files");
  const [ahead, behind] = [number(output.ahead) ?? 0, number(output.behind) ?? 0];
  return (
    <>
      {(ahead > 0 || behind > 0) && <CardLine>{[ahead > 0 && t("{ahead} ahead", { ahead }), behind > 0 && t("{behind} behind", { behind })].filter(Boolean).join(", ")}</CardLine>}
      <ul className="max-h-80 overflow-auto px-3 py-2">
        {shown.map((file, n) => {
          const [index, worktree] = [text(file.index, 2).trim(), text(file.worktree, 2).trim()];
          const mark = worktree && worktree !== "." ? worktree : index;
          return (
            // oxlint-disable-next-line react/no-array-index-key -- the list never changes
            <li key={n} className="flex items-baseline gap-2">
              <OpenFile path={text(file.path, 1000)} className="min-h-6" />
              <span className="text-xs text-muted-foreground">
                {t(words[mark] ?? mark)}
                {index && index !== "." && index !== "?" && t(", staged")}
                {text(file.oldPath) && t(", from {path}", { path: text(file.oldPath, 1000) })}
              </span>
            </li>
          );
        })}
        {shown.length === 0 && <li className="text-muted-foreground">{t("Nothing has changed.")}</li>}
        {output.truncated === true && <li className="text-muted-foreground">{t("There is more than was returned.")}</li>}
      </ul>
      {more}
    </>
  );
}

export const gitDiff: ToolView = {
  icon: FileDiff,
  label: msg("Git diff"),
  subject: ({ input }) => [text(input.path, 1000), input.staged === true && t("staged"), text(input.base) && t("against {base}", { base: text(input.base) })].filter(Boolean).join(" "),
  aside: ({ output }) => (
    <>
      <span>{tn("{n} file", "{n} files", number(output.files) ?? 0)}</span>
      <Counts added={number(output.added)} removed={number(output.removed)} />
    </>
  ),
  Body: ({ call: { output } }) => <DiffView diff={whole(output.diff)} truncated={output.truncated === true} names />,
};

export const gitCommit: ToolView = {
  icon: GitCommitHorizontal,
  label: msg("Commit"),
  subject: ({ input }) => text(input.message).split("\n")[0] ?? "",
  aside: ({ output }) => (
    <>
      <span className="font-mono">{text(output.hash, 80).slice(0, 8)}</span>
      <Counts added={number(output.added)} removed={number(output.removed)} />
    </>
  ),
  Body: ({ call: { input, output } }) => (
    <div className="grid grid-cols-1 gap-2 px-3 py-2">
      <p className="break-words whitespace-pre-wrap">{text(input.message, 4000)}</p>
      <p className="text-muted-foreground">
        {tr("{files} on {branch}, {hash}", {
          files: tn("{n} file", "{n} files", number(output.files) ?? 0),
          branch: text(output.branch) || t("no branch"),
          hash: <span className="font-mono break-all">{text(output.hash, 80)}</span>,
        })}
      </p>
    </div>
  ),
};
