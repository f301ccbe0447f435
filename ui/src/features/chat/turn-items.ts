import { t, tn } from "@/i18n/t";
import type { ChatMessage, DataParts, DiffData, ErrorData, MessagePart, NoticeData, ToolPart } from "./types";

/** What is drawn of an answer, in order. */
export type TurnItem =
  | { kind: "text"; key: string; text: string; streaming: boolean }
  | { kind: "reasoning"; key: string; text: string; streaming: boolean }
  | { kind: "tool"; key: string; part: ToolPart }
  | { kind: "reads"; key: string; parts: ToolPart[] }
  | { kind: "notice"; key: string; data: NoticeData }
  | { kind: "error"; key: string; data: ErrorData }
  | { kind: "changes"; key: string; data: DiffData };

const reading = new Set(["tool-readFile", "tool-listFiles", "tool-findFiles", "tool-searchCode"]);

/** The parts of an answer as items: neighbouring reads in one, thoughts of several steps too. */
export function turnItems(message: ChatMessage): TurnItem[] {
  const items: TurnItem[] = [];
  const hasPlan = message.parts.some((part) => part.type === "data-plan");
  let changes: TurnItem | undefined;
  for (const [index, part] of message.parts.entries()) {
    const last = items.at(-1);
    if (isTool(part)) {
      // The plan stands above the input; its calls would only repeat it.
      if (part.type === "tool-updatePlan" && hasPlan && part.state !== "output-error") continue;
      if (!isRead(part)) items.push({ kind: "tool", key: part.toolCallId, part });
      else if (last?.kind === "reads") last.parts.push(part);
      else items.push({ kind: "reads", key: part.toolCallId, parts: [part] });
    } else if (part.type === "text") {
      if (part.text.trim()) items.push({ kind: "text", key: `${index}`, text: part.text, streaming: part.state === "streaming" });
    } else if (part.type === "reasoning") {
      if (!part.text.trim()) continue;
      const streaming = part.state === "streaming";
      if (last?.kind === "reasoning") Object.assign(last, { text: `${last.text}\n\n${part.text}`, streaming });
      else items.push({ kind: "reasoning", key: `${index}`, text: part.text, streaming });
    } else if (part.type === "data-notice") {
      items.push({ kind: "notice", key: `${index}`, data: part.data });
    } else if (part.type === "data-error") {
      items.push({ kind: "error", key: `${index}`, data: part.data });
    } else if (part.type === "data-diff" && part.data.files?.length > 0) {
      changes = { kind: "changes", key: "changes", data: part.data };
    }
  }
  return changes ? [...items, changes] : items;
}

/** A read by itself is drawn like any other call. */
function isRead(part: ToolPart): boolean {
  return reading.has(part.type) && !part.state.startsWith("approval");
}

export function isTool(part: MessagePart): part is MessagePart & ToolPart {
  return part.type.startsWith("tool-") && "toolCallId" in part && "state" in part;
}

/** "Read 3 files, searched twice": what a group of reads was. */
export function readsTitle(parts: ToolPart[]): string {
  const count = (type: string) => parts.filter((p) => p.type === type).length;
  const [files, lists, finds, searches] = ["tool-readFile", "tool-listFiles", "tool-findFiles", "tool-searchCode"].map(count);
  const words = [
    files && tn("read {n} file", "read {n} files", files),
    lists && tn("listed {n} folder", "listed {n} folders", lists),
    (finds || searches) && searched((finds ?? 0) + (searches ?? 0)),
  ].filter(Boolean);
  const text = words.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Calls of a message that wait for the user. */
export function pendingCalls(message: ChatMessage | undefined): ToolPart[] {
  return message?.role === "assistant" ? message.parts.filter(isTool).filter((p) => p.state === "approval-requested") : [];
}

/** The data of a kept part, the last one where there are several. */
export function dataOf<Name extends "plan" | "usage" | "checkpoint" | "diff" | "error">(message: ChatMessage | undefined, name: Name): DataParts[Name] | undefined {
  const part = message?.parts.findLast((p) => p.type === `data-${name}`);
  return part && "data" in part ? (part.data as DataParts[Name]) : undefined;
}

/** All text of a message. */
export function plainText(message: ChatMessage): string {
  return message.parts
    .filter((p) => p.type === "text")
    .map((p) => p.text)
    .join("\n\n");
}

function searched(n: number): string {
  return n === 1 ? t("searched once") : n === 2 ? t("searched twice") : t("searched {n} times", { n });
}
