import { CircleQuestionMark } from "lucide-react";
import { type RefObject, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { type Fields, text, texts } from "../shape";
import { Expiry } from "./expiry";
import { KeyHint } from "./key-hint";
import { useAnswer } from "./use-answer";
import { useWaitingCard } from "./use-waiting-card";

interface QuestionProps {
  approvalId: string;
  descriptor: Fields;
  input: Fields;
  after: RefObject<HTMLElement | null>;
}

const optionLimit = 5;
const answerLimit = 4000;

/** A question of the agent's: one of its options, or words of one's own. */
export function Question({ approvalId, descriptor, input, after }: QuestionProps) {
  const { send, busy, failure } = useAnswer();
  const [own, setOwn] = useState("");
  const title = useId();
  const options = texts(descriptor.options ?? input.options, optionLimit);
  const reply = (answer: string) => answer.trim() !== "" && void send([approvalId], { approved: true, answer: answer.trim() });
  const card = useWaitingCard({
    approvalId,
    kind: "question",
    after,
    onKey: (key) => {
      const option = /^[1-5]$/.test(key) ? options[Number(key) - 1] : undefined;
      if (option !== undefined) reply(option);
      return option !== undefined;
    },
  });
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys are a shortcut to the buttons in it
    <div {...card} role="group" aria-labelledby={title} className="grid grid-cols-1 gap-3 border-l-2 border-primary px-3 py-3 -outline-offset-2 focus:outline-2 focus:outline-ring">
      <div className="flex items-start gap-2">
        <CircleQuestionMark aria-hidden className="mt-0.5 size-4 shrink-0 text-link" />
        <p id={title} className="min-w-0 font-medium break-words whitespace-pre-wrap">
          {text(descriptor.question, 2000) || text(input.question, 2000) || t("The agent has a question.")}
        </p>
      </div>
      {options.length > 0 && (
        <div className="flex flex-wrap gap-2">
          {options.map((option, n) => (
            <Button
              // oxlint-disable-next-line react/no-array-index-key -- the list never changes
              key={n}
              variant="outline"
              size="sm"
              busy={busy}
              aria-keyshortcuts={String(n + 1)}
              onClick={() => reply(option)}
              className="h-auto min-h-8 max-w-full shrink py-1 text-left whitespace-normal"
            >
              <KeyHint>{String(n + 1)}</KeyHint>
              <span className="min-w-0 break-words">{option}</span>
            </Button>
          ))}
        </div>
      )}
      {failure && (
        <Notice variant="danger" live>
          {failure}
        </Notice>
      )}
      <form
        className="flex flex-wrap gap-2"
        onSubmit={(e) => {
          e.preventDefault();
          reply(own);
        }}
      >
        <Input className="min-w-52 flex-1" aria-label={t("Your own answer")} placeholder={options.length > 0 ? t("Or in your own words") : t("Your answer")} maxLength={answerLimit} value={own} onChange={(e) => setOwn(e.target.value)} />
        <Button type="submit" variant={options.length > 0 ? "outline" : "primary"} busy={busy} disabled={own.trim() === ""}>
          {t("Answer")}
        </Button>
        <Button variant="ghost" busy={busy} onClick={() => send([approvalId], { approved: false })}>
          {t("Skip")}
        </Button>
      </form>
      <Expiry at={text(descriptor.expiresAt, 40)} />
    </div>
  );
}
