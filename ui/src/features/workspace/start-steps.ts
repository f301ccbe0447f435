import type { NoticeKind, WorkspaceNotice } from "@/api/types";
import { msg, t } from "@/i18n/t";
import type { ShownLine } from "./use-start-log";

/** One step of a start with what was said in it. */
export interface StartStep {
  name: string;
  /** behind: it goes on while the workspace is in use; nothing says when it ends. */
  state: "done" | "active" | "failed" | "behind";
  lines: ShownLine[];
  /** Milliseconds since the start was begun; end is undefined while it goes on. */
  begin: number;
  end: number | undefined;
}

/** A start as steps, and how it ended, if it has. Why it failed is also the last thing its last step said. */
export interface StartStory {
  steps: StartStep[];
  /** What "ready" or "error" said. */
  ended?: { failed: boolean; text: string; after: number };
}

// Several phases may be one step to people.
const names: Record<string, string> = {
  queue: msg("Waiting for a free place"),
  image: msg("Image"),
  ports: msg("Machine"),
  container: "Machine",
  code: msg("Code"),
  environment: msg("Tools"),
  setup: msg("Setup"),
  editor: "VS Code",
};

/** Reads a start log as steps in the order in which they began. A step ends when another begins. */
export function startStory(lines: ShownLine[]): StartStory {
  const steps: StartStep[] = [];
  let ended: StartStory["ended"];
  let before = 0;
  for (const line of lines) {
    const last = steps.at(-1);
    if (line.phase === "ready" || line.phase === "error") {
      ended = { failed: line.phase === "error", text: line.text, after: line.elapsed };
      if (last) close(last, line.elapsed, ended.failed ? "failed" : "done");
      if (last && ended.failed) last.lines.push(line);
      continue;
    }
    const name = names[line.phase] ?? line.phase;
    let step = steps.find((s) => s.name === name);
    if (!step) {
      const begin = steps.length === 0 ? 0 : Math.max(line.began, before);
      step = { name, state: ended ? "behind" : "active", lines: [], begin, end: undefined };
      if (last?.end === undefined && last) close(last, begin, "done");
      steps.push(step);
    }
    step.lines.push(line);
    before = line.elapsed;
  }
  return { steps, ...(ended && { ended }) };
}

// The step in which a notice came about; some come about in none.
const noticed: Partial<Record<NoticeKind, string>> = { image: msg("Image"), clone: "Code", environment: "Tools", setup: "Setup", extensions: "Setup" };

/** Names of the steps that the notices are about. */
export function incomplete(notices: WorkspaceNotice[]): string[] {
  return notices.flatMap(({ kind }) => noticed[kind] ?? []);
}

function close(step: StartStep, at: number, state: StartStep["state"]): void {
  step.end ??= at;
  step.state = state;
}

/** "4 ms", "0.4 s", "12 s", "3 min 5 s". */
export function took(ms: number): string {
  if (ms < 95) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : t("{minutes} min {seconds} s", { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}
