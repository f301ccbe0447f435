import { CircleQuestionMark, Globe, ListTodo, Minus, Square, SquareCheck, SquareDot } from "lucide-react";
import { msg, t } from "@/i18n/t";
import type { Call } from "../call";
import { CardLine } from "../line";
import { OpenPort, isPort } from "../open-port";
import { fields, list, number, text, texts, word } from "../shape";
import type { ToolView } from "../tool-view";

export const previewPort: ToolView = {
  icon: Globe,
  label: msg("Preview"),
  subject: ({ input, output }) => text(output.url, 1000) || t("port {port}{path}", { port: text(input.port), path: text(input.path, 1000) }),
  aside: ({ output }) => text(output.status, 20) || undefined,
  outcome: ({ output }) => ((number(output.status) ?? 0) >= 400 ? "failed" : undefined),
  Body: ({ call }) => <Preview call={call} />,
};

function Preview({ call: { input, output } }: { call: Call }) {
  const port = number(output.port) ?? number(input.port);
  const content = text(output.text, 2000);
  return (
    <div className="grid grid-cols-1 gap-2 px-3 py-2">
      {text(output.title) && <p className="font-medium break-words">{text(output.title)}</p>}
      {content && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
        <div tabIndex={0} role="region" aria-label={t("Text of the page")} className="max-h-40 overflow-auto break-words whitespace-pre-wrap text-muted-foreground">
          {content}
        </div>
      )}
      {isPort(port) && (
        <div>
          <OpenPort port={port} path={text(input.path, 1000) || undefined} />
        </div>
      )}
    </div>
  );
}

const marks = {
  pending: { icon: Square, label: msg("Open:") },
  active: { icon: SquareDot, label: msg("In progress:") },
  done: { icon: SquareCheck, label: msg("Done:") },
  dropped: { icon: Minus, label: msg("Dropped:") },
};
const statuses = ["pending", "active", "done", "dropped"] as const;

const steps = ({ input, output }: Call) =>
  list(output.items ?? input.items, 20)
    .map(fields)
    .map((item) => ({ title: text(item.title, 120), status: word(item.status, statuses, "pending") }));

export const updatePlan: ToolView = {
  icon: ListTodo,
  label: msg("Plan"),
  aside: (call) => t("{done} of {all} done", { done: steps(call).filter((s) => s.status === "done").length, all: steps(call).length }),
  Body: ({ call }) => (
    <ol className="grid grid-cols-1 gap-1 px-3 py-2">
      {steps(call).map(({ title, status }, n) => {
        const { icon: Icon, label } = marks[status];
        return (
          // oxlint-disable-next-line react/no-array-index-key -- the list never changes
          <li key={n} className="flex gap-2">
            <Icon role="img" aria-label={t(label)} className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
            <span className={status === "dropped" ? "text-muted-foreground line-through" : status === "active" ? "font-medium" : undefined}>{title}</span>
          </li>
        );
      })}
    </ol>
  ),
};

export const askUser: ToolView = {
  icon: CircleQuestionMark,
  label: msg("Question"),
  subject: ({ input }) => text(input.question, 500),
  Body: ({ call: { input, output } }) => (
    <div className="grid grid-cols-1 gap-1 px-3 py-2">
      <p className="break-words whitespace-pre-wrap">{text(input.question, 2000)}</p>
      {texts(input.options, 5).length > 0 && <p className="break-words text-muted-foreground">{texts(input.options, 5).join(" · ")}</p>}
      <p className="break-words whitespace-pre-wrap">
        <span className="text-muted-foreground">{t("You answered:")} </span>
        {text(output.answer, 4000) || t("nothing")}
      </p>
    </div>
  ),
  Unfinished: ({ call }) => <CardLine>{text(call.input.question, 2000)}</CardLine>,
};
