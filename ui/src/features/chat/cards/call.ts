import { t } from "@/i18n/t";
import type { ToolPart, ToolState } from "../types";
import { type Fields, fields, text, whole } from "./shape";

/** How far a call is, for people. "stopped" is one whose turn ended before it did. */
export type Progress = "writing" | "waiting" | "running" | "done" | "failed" | "refused" | "stopped";

/** A tool's call, with every value of a type that can be counted on. */
export interface Call {
  id: string;
  /** "" when it has no name. */
  tool: string;
  progress: Progress;
  input: Fields;
  /** The input as it came, for a look at what the model wrote. */
  rawInput: unknown;
  output: Fields;
  rawOutput: unknown;
  /** When it failed: a stable word, or "", and a sentence. */
  error?: { code: string; sentence: string };
  approval?: { id: string; descriptor: Fields; reason: string; note: string };
}

const sentenceLimit = 4000;

export function callOf(part: ToolPart, running: boolean): Call {
  const { toolName } = part as { toolName?: unknown }; // of tools that are not ours
  const type = text(part.type);
  const progress = progressOf(part, running);
  const call: Call = {
    id: text(part.toolCallId),
    tool: text(toolName, 80) || (type.startsWith("tool-") ? text(type.slice(5), 80) : ""),
    progress,
    input: fields(part.input),
    rawInput: part.input ?? part.rawInput,
    output: fields(part.output),
    rawOutput: part.output,
  };
  if (progress === "failed") call.error = errorOf(whole(part.errorText));
  const approval = fields(part.approval);
  const id = text(approval.id);
  if (id !== "") {
    call.approval = { id, descriptor: fields(approval.descriptor), reason: text(approval.requestReason, sentenceLimit), note: text(approval.reason, sentenceLimit) };
  }
  return call;
}

function progressOf(part: ToolPart, running: boolean): Progress {
  const state: ToolState | undefined = part.state;
  switch (state) {
    case "output-available":
      return (part as { preliminary?: unknown }).preliminary === true && running ? "running" : "done";
    case "output-error":
      return "failed";
    case "output-denied":
      return "refused";
    case "approval-responded":
      if (fields(part.approval).approved === false) return "refused";
      return running ? "running" : "stopped";
    case "approval-requested":
      return running ? "waiting" : "stopped";
    case "input-streaming":
      return running ? "writing" : "stopped";
    default:
      return running ? "running" : "stopped";
  }
}

/** Splits "CODE: sentence". */
function errorOf(errorText: string): { code: string; sentence: string } {
  const [, code, rest] = /^([A-Z][A-Z0-9_]{1,39}): ?([^]*)$/.exec(errorText) ?? [];
  return { code: code ?? "", sentence: text(rest || errorText, sentenceLimit) || t("It failed without saying why.") };
}

/** The path a tool is about; models also write it under other names before the server corrects it. */
export function pathOf(input: Fields): string {
  return text(input.path, 1000) || text(input.file_path, 1000) || text(input.filePath, 1000);
}
