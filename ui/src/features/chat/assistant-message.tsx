import { memo } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { ChangedFiles } from "./changed-files";
import { Markdown } from "./markdown/lazy-markdown";
import { MessageFooter } from "./message-footer";
import { ReadGroup } from "./read-group";
import { Reasoning } from "./reasoning";
import { ToolCall } from "./tool-call";
import { TurnError } from "./turn-error";
import { TurnNotice } from "./turn-notice";
import { dataOf, plainText, type TurnItem, turnItems } from "./turn-items";
import type { ChatMessage } from "./types";

export interface AnswerOrders {
  regenerate: (messageId: string) => void;
  goOn: () => void;
  /** Asks before it does anything. */
  undo: (checkpoint: string) => void;
}

interface AssistantMessageProps {
  message: ChatMessage;
  /** Its turn runs now. */
  running: boolean;
  last: boolean;
  /** Absent while a turn runs. */
  orders?: AnswerOrders;
}

export const AssistantMessage = memo(function AssistantMessage({ message, running, last, orders }: AssistantMessageProps) {
  const items = turnItems(message);
  const begun = items.some((item) => item.kind === "tool" || item.kind === "reads");
  const checkpoint = dataOf(message, "checkpoint")?.checkpoint;
  const retry = last && orders ? () => orders.regenerate(message.id) : undefined;
  return (
    <article aria-label={t("Agent")} aria-busy={running} className="grid grid-cols-1 gap-3">
      {items.map((item) => (
        <Item key={`${item.kind} ${item.key}`} item={item} begun={begun} onRetry={retry} onContinue={last ? orders?.goOn : undefined} />
      ))}
      {message.metadata?.state === "interrupted" && !running && (
        <Notice>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <span>{t("This turn was cut off when the server stopped. What it did is kept.")}</span>
            {last && orders && (
              <Button variant="outline" size="sm" onClick={orders.goOn}>
                {t("Continue")}
              </Button>
            )}
          </div>
        </Notice>
      )}
      {!running && (
        <MessageFooter
          metadata={message.metadata}
          text={plainText(message)}
          onRegenerate={retry}
          onUndo={orders && checkpoint ? () => orders.undo(checkpoint) : undefined}
        />
      )}
    </article>
  );
});

interface ItemProps {
  item: TurnItem;
  begun: boolean;
  onRetry?: () => void;
  onContinue?: () => void;
}

function Item({ item, begun, onRetry, onContinue }: ItemProps) {
  switch (item.kind) {
    case "text":
      return <Markdown text={item.text} streaming={item.streaming} />;
    case "reasoning":
      return <Reasoning text={item.text} streaming={item.streaming} />;
    case "tool":
      return <ToolCall part={item.part} />;
    case "reads":
      return <ReadGroup parts={item.parts} />;
    case "notice":
      return <TurnNotice data={item.data} />;
    case "error":
      return <TurnError data={item.data} begun={begun} onRetry={onRetry} onContinue={onContinue} />;
    case "changes":
      return <ChangedFiles data={item.data} />;
  }
}
