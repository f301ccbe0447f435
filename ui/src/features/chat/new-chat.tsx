import type { FileUIPart } from "ai";
import { useCallback, useRef, useState } from "react";
import { sentence } from "@/api/problem";
import { useCreateChat } from "@/api/queries/chats";
import type { AgentSettings, Chat, ChatMode, Workspace } from "@/api/types";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { ChatHeader } from "./chat-header";
import type { FirstMessage } from "./chat-session";
import { Composer } from "./composer";
import { useDraft } from "./drafts";
import { EmptyChat } from "./empty-chat";
import { ModeSelect } from "./mode-select";
import { ModelSelect } from "./model-select";
import { capped } from "./modes";
import { whyOff } from "./why-off";

interface NewChatProps {
  workspace: Workspace;
  chats: Chat[];
  agent: AgentSettings | undefined;
  onOpen: (id: string | undefined) => void;
  /** The chat was made; this is its first message. */
  onMade: (chat: Chat, message: FirstMessage) => void;
}

/** A chat that begins with its first message: until then the server does not know of it. */
export function NewChat({ workspace, chats, agent, onOpen, onMade }: NewChatProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useDraft(`new ${workspace.id}`);
  const [pictures, setPictures] = useState<FileUIPart[]>([]);
  const [model, setModel] = useState("");
  const [mode, setMode] = useState<ChatMode>();
  const create = useCreateChat(workspace.id);
  const [key, setKey] = useState(() => crypto.randomUUID());
  // Sent again with the key it makes no second chat; with another choice it is another order.
  const choose = (set: () => void) => {
    set();
    setKey(crypto.randomUUID());
  };
  const onSuggest = useCallback(
    (text: string) => {
      setDraft(text);
      field.current?.focus();
    },
    [setDraft],
  );
  const submit = () =>
    create.mutate(
      { key, model: model || undefined, mode },
      {
        onSuccess: (made) => {
          setDraft("");
          onMade(made, { text: draft.trim(), pictures });
        },
      },
    );
  return (
    <section aria-label={t("Chat")} className="flex size-full min-h-0 flex-col">
      <ChatHeader workspaceId={workspace.id} chats={chats} chat={undefined} onOpen={onOpen} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid min-h-full max-w-3xl grid-cols-1 px-4 text-sm">
          <EmptyChat onChoose={onSuggest} />
        </div>
      </div>
      {create.isError && (
        <Notice variant="danger" live className="mx-3 mb-2">
          {sentence(create.error)}
        </Notice>
      )}
      <Composer
        field={field}
        text={draft}
        onText={setDraft}
        pictures={pictures}
        onPictures={setPictures}
        onSend={() => !create.isPending && submit()}
        running={false}
        stopping={false}
        starts={workspace.status === "STOPPED" || workspace.status === "ERROR"}
        onStop={() => undefined}
        off={whyOff(agent)}
        choices={
          <>
            <ModeSelect value={mode ?? capped(agent?.mode ?? "ask", agent?.modeCap)} cap={agent?.modeCap} onChange={(value) => choose(() => setMode(value))} />
            <ModelSelect value={model || agent?.model || ""} onChange={(value) => choose(() => setModel(value))} />
          </>
        }
      />
    </section>
  );
}
