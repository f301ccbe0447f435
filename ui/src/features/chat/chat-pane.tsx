import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { agentQuery } from "@/api/queries/agent";
import { chatKey } from "@/api/queries/chat-cache";
import { chatQuery, chatsQuery, messagesQuery } from "@/api/queries/chats";
import type { AgentSettings, Chat, Workspace } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Loading } from "@/components/layout/loading";
import { usePollMs } from "@/features/live/connection";
import { ChatSession, type FirstMessage } from "./chat-session";
import { useChosenChat } from "./chosen-chat";
import { NewChat } from "./new-chat";

interface ChatPaneProps {
  workspace: Workspace;
  /** Called when the chat shows something in VS Code. True: it is opened by that and takes a while. */
  onShowEditor: () => boolean;
  /** Shows what listens on a port; absent = it opens in a tab of its own. */
  onPreview?: (port: number, path?: string) => void;
}

/** The chats of a workspace, one of them open. */
export function ChatPane({ workspace, ...shows }: ChatPaneProps) {
  const pollMs = usePollMs();
  const chats = useQuery({ ...chatsQuery(workspace.id), refetchInterval: pollMs });
  const agent = useQuery(agentQuery);
  if (chats.data) {
    return <Chats workspace={workspace} chats={chats.data} agent={agent.data} {...shows} />;
  }
  return chats.error ? <Failed error={chats.error} onRetry={chats.refetch} /> : <Loading />;
}

interface ChatsProps extends ChatPaneProps {
  chats: Chat[];
  agent: AgentSettings | undefined;
}

function Chats({ workspace, chats, agent, ...shows }: ChatsProps) {
  const cache = useQueryClient();
  const [chosen, choose] = useChosenChat(workspace.id, chats);
  const begun = useRef(new Map<string, FirstMessage>());
  const isNew = useCallback((id: string) => begun.current.has(id), []);
  const takeFirst = useCallback((id: string) => {
    const message = begun.current.get(id);
    begun.current.delete(id);
    return message;
  }, []);
  if (chosen === undefined) {
    return (
      <NewChat
        workspace={workspace}
        chats={chats}
        agent={agent}
        onOpen={choose}
        onMade={(chat, message) => {
          begun.current.set(chat.id, message);
          cache.setQueryData(chatKey(chat.id), chat);
          choose(chat.id);
        }}
      />
    );
  }
  return (
    <OpenChat
      key={chosen}
      id={chosen}
      workspace={workspace}
      chats={chats}
      agent={agent}
      onOpen={choose}
      isNew={isNew}
      takeFirst={takeFirst}
      {...shows}
    />
  );
}

interface OpenChatProps extends ChatsProps {
  id: string;
  onOpen: (id: string | undefined) => void;
  /** It was made here and has no messages yet. */
  isNew: (id: string) => boolean;
  takeFirst: (id: string) => FirstMessage | undefined;
}

const nothing = { items: [] };

/** Loads what a chat is opened with. */
function OpenChat({ id, isNew, takeFirst, ...rest }: OpenChatProps) {
  const pollMs = usePollMs();
  const [fresh] = useState(() => isNew(id));
  const chat = useQuery({ ...chatQuery(id), refetchInterval: pollMs });
  const messages = useQuery({ ...messagesQuery(id), enabled: !fresh, refetchOnWindowFocus: false, refetchOnReconnect: false });
  const take = useCallback(() => takeFirst(id), [takeFirst, id]);
  const first = fresh ? nothing : messages.data;
  if (chat.data && first) return <ChatSession {...rest} chat={chat.data} first={first} takeFirst={take} />;
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
