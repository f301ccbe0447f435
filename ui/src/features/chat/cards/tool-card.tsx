import { SquareArrowOutUpRight } from "lucide-react";
import { type RefObject, memo, useRef } from "react";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { useChatActions } from "../chat-context";
import type { ToolPart } from "../types";
import { Approval } from "./approval/approval";
import { type Call, callOf } from "./call";
import { CardBoundary } from "./card-boundary";
import { CardFrame } from "./card-frame";
import { CardLine } from "./line";
import { Raw } from "./raw";
import type { ToolView } from "./tool-view";
import { viewOf } from "./tools/tool-views";
import { visible } from "./visible";

const final = new Set<string>(["output-available", "output-error", "output-denied"]);

/** A call of a tool, from its first letters to its result. Whatever the part holds, the chat around it goes on. */
export const ToolCard = memo(
  function ToolCard({ part }: { part: ToolPart }) {
    return (
      <CardBoundary>
        <Card part={part} />
      </CardBoundary>
    );
  },
  // Streams make every part anew at every piece; one that has ended stays as it is.
  (a, b) => a.part === b.part || (a.part.toolCallId === b.part.toolCallId && a.part.state === b.part.state && final.has(b.part.state) && !("preliminary" in b.part)),
);

function Card({ part }: { part: ToolPart }) {
  const { running } = useChatActions();
  const header = useRef<HTMLButtonElement>(null);
  const call = callOf(part, running);
  const view = viewOf(call.tool);
  const label = typeof view.label === "string" ? t(view.label) : view.label(call);
  const done = call.progress === "done";
  const { Peek } = view;
  return (
    <CardFrame
      header={header}
      icon={view.icon}
      label={label}
      subject={view.subject && visible(view.subject(call)).slice(0, 400)}
      aside={done ? view.aside?.(call) : undefined}
      progress={(done && view.outcome?.(call)) || call.progress}
      action={<OpenAction view={view} call={call} />}
      always={<Always call={call} label={label} after={header} />}
      peek={Peek && (call.progress === "writing" || call.progress === "running") ? <Peek call={call} /> : undefined}
      body={<Body view={view} call={call} />}
    />
  );
}

function OpenAction({ view, call }: { view: ToolView; call: Call }) {
  const { openFile, readOnly } = useChatActions();
  const file = call.progress === "done" ? view.file?.(call) : undefined;
  if (!file?.path) return null;
  const path = visible(file.path);
  const name = readOnly ? t("Show {place}", { place: path }) : t("Open {path} in VS Code", { path });
  return (
    <Button variant="ghost" size="icon-sm" className="text-muted-foreground hover:text-foreground" title={name} onClick={() => openFile(file.path, file.line)}>
      <SquareArrowOutUpRight aria-hidden />
      <span className="sr-only">{name}</span>
    </Button>
  );
}

/** What must be seen without opening the card. */
function Always({ call, label, after }: { call: Call; label: string; after: RefObject<HTMLElement | null> }) {
  if (call.progress === "waiting" && call.approval) return <Approval call={call} approval={call.approval} label={label} after={after} />;
  if (call.error) {
    return (
      <p className="px-3 py-2 break-words whitespace-pre-wrap text-danger-text">
        {call.error.code && <code className="mr-2 rounded bg-danger-soft px-1 py-0.5 font-mono text-xs">{call.error.code}</code>}
        {call.error.sentence}
      </p>
    );
  }
  if (call.progress === "refused") return <CardLine>{call.approval?.note ? t("Refused: {note}", { note: call.approval.note }) : t("Refused. It did not run.")}</CardLine>;
  return null;
}

function Body({ view, call }: { view: ToolView; call: Call }) {
  if (call.progress === "done") {
    if (view.Body) return <view.Body call={call} />;
    return (
      <>
        <Raw label={t("Input")} value={call.rawInput} />
        <Raw label={t("Result")} value={call.rawOutput} />
      </>
    );
  }
  const undecided = call.progress === "waiting" || call.error !== undefined; // shown above in words
  if (view.Unfinished && !undecided) return <view.Unfinished call={call} />;
  return <Raw label={t("Input")} value={call.rawInput ?? t("nothing")} />;
}
