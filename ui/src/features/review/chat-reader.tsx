import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { chatQuery, chatsQuery, messagesQuery } from "@/api/queries/chats";
import type { Chat, Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { Select } from "@/components/ui/select";
import { chatTitle } from "@/features/chat/chat-title";
import { t } from "@/i18n/t";
import { ago } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { Transcript } from "./transcript";

/** How often is asked what the chats do, in milliseconds: who may only look is told of little. */
const pollMs = 5000;

interface ChatReaderProps {
  workspace: Workspace;
  /** Shows a file on the page. */
  onShow: (path: string, line?: number) => void;
}

/** The chats of a workspace to read, one of them open: the newest, until somebody chooses. */
export function ChatReader({ workspace, onShow }: ChatReaderProps) {
  const chats = useQuery({ ...chatsQuery(workspace.id), refetchInterval: pollMs });
  const [chosen, setChosen] = useState<string>();
  const field = useId();
  const now = useNow();
  if (!chats.data) return chats.error ? <Failed error={chats.error} onRetry={chats.refetch} /> : <Loading />;
  const chat = chats.data.find((c) => c.id === chosen) ?? chats.data[0];
  if (!chat) return <p className="p-6 text-sm text-muted-foreground">{t("There is no chat in this workspace yet.")}</p>;
  return (
    <div className="flex size-full min-h-0 flex-col">
      <div className="shrink-0 border-b border-border bg-surface px-3 py-1.5">
        <label htmlFor={field} className="sr-only">
          {t("Chat to read")}
        </label>
        <Select id={field} value={chat.id} onChange={(e) => setChosen(e.target.value)}>
          {chats.data.map((c) => (
            <option key={c.id} value={c.id}>
              {t("{title} · {time}", { title: chatTitle(c), time: ago(c.updatedAt, now) })}
            </option>
          ))}
        </Select>
      </div>
      <OpenChat key={chat.id} id={chat.id} workspace={workspace} onShow={onShow} />
    </div>
  );
}

function OpenChat({ id, workspace, onShow }: ChatReaderProps & { id: Chat["id"] }) {
  const chat = useQuery({ ...chatQuery(id), refetchInterval: pollMs });
  const messages = useQuery({ ...messagesQuery(id), refetchOnWindowFocus: false, refetchOnReconnect: false });
  if (chat.data && messages.data) return <Transcript workspace={workspace} chat={chat.data} first={messages.data} onShow={onShow} />;
  const failed = [chat, messages].find((query) => query.isError);
  return failed ? <Failed error={failed.error} onRetry={failed.refetch} /> : <Loading />;
}

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div className="p-4">
      <LoadError error={error} onRetry={onRetry} />
    </div>
  );
}
