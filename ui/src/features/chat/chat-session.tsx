import type { FileUIPart } from "ai";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { sentence } from "@/api/problem";
import { useUpdateChat } from "@/api/queries/chats";
import type { Page, Workspace } from "@/api/types";
import type { AgentSettings, Chat, ChatMessage, RestoreResult } from "./types";
import { t } from "@/i18n/t";
import { type Again, AgainDialog } from "./again-dialog";
import { ApprovalBanner } from "./approval-banner";
import { ChatActionsContext } from "./chat-context";
import { ChatHeader } from "./chat-header";
import { Composer } from "./composer";
import { useDraft } from "./drafts";
import { filesOfTurns } from "./dropped-turns";
import { EmptyChat } from "./empty-chat";
import { MessageList } from "./message-list";
import { ModeSelect } from "./mode-select";
import { ModelSelect } from "./model-select";
import { PlanList } from "./plan-list";
import { Refusal } from "./refusal";
import { RestoreDialog } from "./restore-dialog";
import { restoredText } from "./restored-text";
import { say } from "./say";
import { StatusLine } from "./status-line";
import { dataOf, pendingCalls } from "./turn-items";
import { useNewChatActions } from "./use-chat-actions";
import { useLiveChat } from "./use-live-chat";
import { whyOff } from "./why-off";

export interface FirstMessage {
  text: string;
  pictures: FileUIPart[];
}

interface ChatSessionProps {
  workspace: Workspace;
  chat: Chat;
  chats: Chat[];
  agent: AgentSettings | undefined;
  first: Page<ChatMessage>;
  /** Hands over what a chat that was just made begins with, once. */
  takeFirst: () => FirstMessage | undefined;
  onOpen: (id: string | undefined) => void;
  onShowEditor: () => boolean;
  onPreview?: (port: number, path?: string) => void;
}

/** One chat, open. */
export function ChatSession({ workspace, chat, chats, agent, first, takeFirst, onOpen, onShowEditor, onPreview }: ChatSessionProps) {
  const pane = useRef<HTMLElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const { live, messages, state } = useLiveChat(chat, first);
  const update = useUpdateChat(chat.id);
  const [draft, setDraft] = useDraft(chat.id);
  const [pictures, setPictures] = useState<FileUIPart[]>([]);
  const [undoing, setUndoing] = useState<string>();
  const [again, setAgain] = useState<Again>();
  const running = state.busy || (chat.status === "running" && !live.isOver(chat.runId));
  const last = messages.at(-1);
  const actions = useNewChatActions({ workspace, chatId: chat.id, runId: chat.runId, live, running, onShowEditor, onPreview });

  const send = useCallback(
    async (text: string, files: FileUIPart[], instead?: string) => {
      if (await live.send(text, files, instead)) return true;
      // It was refused: nothing that was written may be lost.
      if (!field.current?.value) setDraft(text);
      setPictures((now) => (now.length > 0 ? now : files));
      return false;
    },
    [live, setDraft],
  );
  const submit = () => {
    setDraft("");
    setPictures([]);
    void send(draft.trim(), pictures);
  };
  useEffect(() => {
    // Not at once: in development effects run twice, and what is sent is sent once.
    const timer = setTimeout(() => {
      const message = takeFirst();
      if (message) void send(message.text, message.pictures);
    });
    return () => clearTimeout(timer);
  }, [takeFirst, send]);

  const orders = useMemo(() => {
    if (running) return undefined;
    /** Begins a turn in place of those from a message on; asks first if they changed files. */
    const replace = (id: string, title: string, begin: () => Promise<boolean>) => {
      const checkpoint = filesOfTurns(live.store.messages, id);
      if (checkpoint) setAgain({ title, checkpoint, begin });
      else void begin();
    };
    return {
      regenerate: (id: string) => replace(id, t("Answer again"), () => live.regenerate(id)),
      goOn: () => void send(t("Continue."), []),
      undo: setUndoing,
      edit: (message: ChatMessage, text: string) =>
        replace(message.id, t("Send again"), () => send(text, message.parts.filter((p) => p.type === "file"), message.id)),
    };
  }, [running, live, send]);
  const onOlder = useMemo(() => (state.older ? () => live.loadOlder() : undefined), [live, state.older]);
  const onSuggest = useCallback(
    (text: string) => {
      setDraft(text);
      field.current?.focus();
    },
    [setDraft],
  );
  const empty = useMemo(() => <EmptyChat onChoose={onSuggest} />, [onSuggest]);

  const onRestored = (result: RestoreResult) => {
    if (result.text && !field.current?.value) setDraft(result.text);
    const { before } = result;
    say.done(restoredText(result), {
      duration: 15_000,
      action: before ? { label: t("Bring the files back"), onClick: () => void takeBack(before) } : undefined,
    });
  };
  const beginAgain = async ({ begin }: Again, restored: RestoreResult | undefined) => {
    setAgain(undefined);
    if (restored) say.done(restoredText(restored));
    // No turn came in between that builds on these files.
    if (!(await begin()) && restored) onRestored(restored);
  };
  const takeBack = async (checkpoint: string) => {
    try {
      await actions.restore(checkpoint, { files: true, chat: false });
      say.done(t("The files are back as they were"));
    } catch (error) {
      say.failed(sentence(error));
    }
  };
  const change = (body: Parameters<typeof update.mutate>[0]) => update.mutate(body, { onError: (error) => say.failed(sentence(error)) });
  const plan = dataOf(last, "plan");
  const hasSteps = plan && plan.items.length > 0 && (running || plan.items.some((i) => i.status === "pending" || i.status === "active"));
  return (
    <ChatActionsContext value={actions}>
      <section ref={pane} aria-label={t("Chat")} className="flex size-full min-h-0 flex-col">
        <ChatHeader workspaceId={workspace.id} chats={chats} chat={chat} usage={running ? dataOf(last, "usage") : undefined} onOpen={onOpen} />
        <MessageList messages={messages} running={running} onOlder={onOlder} orders={orders} empty={empty} />
        <div className="shrink-0 pt-1">
          <ApprovalBanner calls={pendingCalls(last)} pane={pane} />
          {hasSteps && <PlanList plan={plan} />}
          {state.problem && <Refusal problem={state.problem} onRead={() => live.dismiss()} />}
          <StatusLine state={state} last={last} />
          <Composer
            field={field}
            text={draft}
            onText={setDraft}
            pictures={pictures}
            onPictures={setPictures}
            onSend={submit}
            running={running}
            stopping={state.stopping}
            starts={workspace.status === "STOPPED" || workspace.status === "ERROR"}
            onStop={actions.stop}
            off={whyOff(agent)}
            choices={
              <>
                <ModeSelect value={chat.mode} cap={agent?.modeCap} onChange={(mode) => change({ mode })} />
                <ModelSelect value={chat.model || agent?.model || ""} onChange={(model) => change({ model })} />
              </>
            }
          />
        </div>
        {undoing && <RestoreDialog checkpoint={undoing} onClose={() => setUndoing(undefined)} onRestored={onRestored} />}
        {again && <AgainDialog again={again} onClose={() => setAgain(undefined)} onReady={(restored) => void beginAgain(again, restored)} />}
      </section>
    </ChatActionsContext>
  );
}
