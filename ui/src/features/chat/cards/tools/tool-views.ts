import { Wrench } from "lucide-react";
import { t } from "@/i18n/t";
import type { ToolView } from "../tool-view";
import { readProcess, runCommand, stopProcess, writeProcess } from "./command-tools";
import { gitCommit, gitDiff, gitStatus } from "./git-tools";
import { askUser, previewPort, updatePlan } from "./other-tools";
import { findFiles, listFiles, readFile, searchCode } from "./read-tools";
import { deleteFile, editFile, moveFile, writeFile } from "./write-tools";

const views = new Map<string, ToolView>(
  Object.entries({
    listFiles, findFiles, searchCode, readFile,
    writeFile, editFile, moveFile, deleteFile,
    runCommand, readProcess, writeProcess, stopProcess,
    previewPort, gitStatus, gitDiff, gitCommit, updatePlan, askUser,
  }),
);

/** A tool this page does not know is shown by its name and as it came. */
const unknown: ToolView = { icon: Wrench, label: (call) => call.tool || t("A tool without a name") };

export function viewOf(tool: string): ToolView {
  return views.get(tool) ?? unknown;
}
