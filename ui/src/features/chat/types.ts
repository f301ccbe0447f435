/**
 * What chats are made of, as the API and the message stream send it. The stream's values
 * come from a model and from the container: whoever draws them checks shapes first.
 */
import type { UIMessage } from "ai";
import type { ChatMode, Scope } from "@/api/types";

export type { AgentSettings, Answer, Chat, ChatMode, CheckpointDiff, Model, RestoreResult, Scope } from "@/api/types";

export type TurnState = "running" | "done" | "stopped" | "interrupted" | "failed";

/** On assistant messages all but createdAt; on user messages createdAt alone. */
export interface MessageMetadata {
  runId?: string;
  model?: string;
  provider?: string;
  mode?: ChatMode;
  createdAt?: string;
  durationMs?: number;
  /** US dollars; null = not known. */
  cost?: number | null;
  /** The cost is ours, not the provider's. */
  estimated?: boolean;
  promptTokens?: number;
  completionTokens?: number;
  cacheReadTokens?: number;
  state?: TurnState;
}

/** The files as before the turn. */
export interface CheckpointData {
  /** "" when it could not be made; then problem says why. */
  checkpoint: string;
  createdAt: string;
  skipped: string[];
  problem?: string;
}

export interface ChangedFile {
  path: string;
  added: number;
  removed: number;
  status: "added" | "modified" | "deleted" | "renamed";
}

/** What a turn changed, sent at its end. */
export interface DiffData {
  /** The first of them, when there are very many. */
  files: ChangedFile[];
  /** How many there are; absent = as many as are listed. */
  fileCount?: number;
  added: number;
  removed: number;
  checkpoint: string;
}

export interface PlanItem {
  title: string;
  status: "pending" | "active" | "done" | "dropped";
}

export interface PlanData {
  items: PlanItem[];
}

export interface UsageData {
  promptTokens: number;
  completionTokens: number;
  reasoningTokens: number;
  cacheReadTokens: number;
  /** US dollars, of this turn; null = not known. */
  cost: number | null;
  estimated: boolean;
  steps: number;
  contextTokens: number;
  contextWindow: number;
  /** US dollars; 0 = no limit. */
  turnBudget: number;
  /** US dollars; null = not known. */
  chatCost: number | null;
}

export interface NoticeData {
  kind: "summary" | "pruned" | "retry" | "truncated" | "checkpoint" | "instructions" | "empty" | "loop" | "mode" | "limit";
  text: string;
  detail?: string;
}

export interface ErrorData {
  code: string;
  message: string;
  retryable: boolean;
}

export interface TermData {
  toolCallId: string;
  seq: number;
  text: string;
}

export interface StatusData {
  kind: "workspace" | "provider" | "retry" | "tool" | "summary" | "idle";
  text: string;
  /** When the next attempt is, RFC 3339. */
  until?: string;
}

export type DataParts = {
  checkpoint: CheckpointData;
  diff: DiffData;
  plan: PlanData;
  usage: UsageData;
  notice: NoticeData;
  error: ErrorData;
  term: TermData;
  status: StatusData;
};

export type ChatMessage = UIMessage<MessageMetadata, DataParts>;
export type MessagePart = ChatMessage["parts"][number];

export interface ApprovalChoice {
  scope: Scope;
  text: string;
  /** Exactly what would be allowed from then on. */
  rules?: string[];
}

export interface CallApproval {
  kind: "call";
  tool: string;
  title: string;
  reason: string;
  risk?: string;
  command?: string;
  cwd?: string;
  diff?: string;
  diffTruncated?: boolean;
  /** The first of them, when there are very many. */
  paths?: string[];
  /** How many there are; absent = as many as are listed. */
  pathCount?: number;
  choices: ApprovalChoice[];
  expiresAt: string;
}

export interface QuestionApproval {
  kind: "question";
  question: string;
  options: string[];
  expiresAt: string;
}

export type ApprovalDescriptor = CallApproval | QuestionApproval;

export type ToolState =
  | "input-streaming"
  | "input-available"
  | "approval-requested"
  | "approval-responded"
  | "output-available"
  | "output-error"
  | "output-denied";

/** A tool's call in a message. Everything in it may have any shape. */
export interface ToolPart {
  type: `tool-${string}`;
  toolCallId: string;
  state: ToolState;
  input?: unknown;
  /** What the model wrote, when it is not valid input. */
  rawInput?: unknown;
  output?: unknown;
  errorText?: string;
  approval?: { id: string; descriptor?: ApprovalDescriptor; requestReason?: string; approved?: boolean; reason?: string };
}
