import { ArrowDown } from "lucide-react";
import { type ReactNode, memo, useEffect, useState } from "react";
import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { type AnswerOrders, AssistantMessage } from "./assistant-message";
import { say } from "./say";
import { plainText } from "./turn-items";
import type { ChatMessage } from "./types";
import { UserMessage } from "./user-message";
import { useStickToBottom } from "./use-stick-to-bottom";

interface MessageListProps {
  messages: ChatMessage[];
  running: boolean;
  /** Loads the turns before these; absent when there are none. */
  onOlder?: () => Promise<void>;
  /** Absent while a turn runs. */
  orders?: AnswerOrders & { edit: (message: ChatMessage, text: string) => void };
  /** Stands in for the messages while there are none. */
  empty: ReactNode;
}

/** The conversation. It follows its end unless the reader scrolled up. */
export const MessageList = memo(function MessageList({ messages, running, onOlder, orders, empty }: MessageListProps) {
  const { box, content, away, toEnd } = useStickToBottom(messages[0]?.id);
  const lastIndex = messages.length - 1;
  const last = messages[lastIndex];
  // Whoever says something wants to see what comes of it.
  const ownId = last?.role === "user" ? last.id : undefined;
  useEffect(() => {
    if (ownId !== undefined) toEnd();
  }, [ownId, toEnd]);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        role="log"
        aria-label={t("Conversation")}
        // A screen reader reads what is announced elsewhere, not every piece of a stream.
        aria-live="off"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
        tabIndex={0}
        className="absolute inset-0 overflow-y-auto overscroll-contain focus-visible:-outline-offset-2"
      >
        <div ref={content} className="mx-auto grid min-h-full max-w-3xl grid-cols-1 content-start gap-6 px-4 py-4 text-sm">
          {onOlder && <Older onOlder={onOlder} />}
          {messages.length === 0 && empty}
          {messages.map((message, index) => {
            const isLive = running && index === lastIndex;
            return (
              <div key={message.id} data-key={message.id} className={index < lastIndex - 1 ? "min-w-0 [contain-intrinsic-size:auto_12rem] [content-visibility:auto]" : "min-w-0"}>
                {message.role === "user" ? (
                  <UserMessage message={message} onEdit={orders?.edit} />
                ) : (
                  <AssistantMessage message={message} running={isLive} last={index === lastIndex} orders={orders} />
                )}
              </div>
            );
          })}
          {orders && last?.role === "user" && <Unanswered onAgain={() => orders.edit(last, plainText(last))} />}
        </div>
      </div>
      {away && (
        <Button
          variant="outline"
          size="sm"
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-lg"
        >
          <ArrowDown aria-hidden /> {t("Jump to latest")}
        </Button>
      )}
    </div>
  );
});

/** The server stopped before it wrote anything down of the answer. */
function Unanswered({ onAgain }: { onAgain: () => void }) {
  return (
    <Notice>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span>{t("This message was not answered.")}</span>
        <Button variant="outline" size="sm" onClick={onAgain}>
          {t("Send again")}
        </Button>
      </div>
    </Notice>
  );
}

function Older({ onOlder }: { onOlder: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const load = async () => {
    setBusy(true);
    await onOlder().catch((error: unknown) => say.failed(sentence(error)));
    setBusy(false);
  };
  return (
    <Button variant="outline" size="sm" busy={busy} onClick={load} className="justify-self-center">
      {t("Show earlier messages")}
    </Button>
  );
}
