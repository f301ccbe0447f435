import { ChevronDown, ListChecks, Pencil, Plus, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { ago } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { chatTitle } from "./chat-title";
import { DeleteChatDialog } from "./delete-chat-dialog";
import { RenameChatDialog } from "./rename-chat-dialog";
import { RulesDialog } from "./rules-dialog";
import type { Chat } from "./types";

interface ChatMenuProps {
  workspaceId: string;
  chats: Chat[];
  /** The open one; undefined = a new one. */
  chat: Chat | undefined;
  /** undefined = a new one. */
  onOpen: (id: string | undefined) => void;
}

/** The open chat's name; behind it the other chats and what can be done with this one. */
export function ChatMenu({ workspaceId, chats, chat, onOpen }: ChatMenuProps) {
  const now = useNow();
  const [dialog, setDialog] = useState<"rename" | "delete" | "rules">();
  // Opened once the menu has closed: a dialog gives the focus back to where it was.
  const wanted = useRef<typeof dialog>(undefined);
  const close = () => setDialog(undefined);
  const title = chatTitle(chat);
  return (
    <>
      <Menu
        onClosed={() => {
          setDialog(wanted.current);
          wanted.current = undefined;
        }}
        trigger={
          <Button variant="ghost" size="sm" aria-label={t("Chats. Open: {title}", { title })} title={title} className="min-w-0 shrink gap-1 px-2">
            <span className="truncate">{title}</span>
            <ChevronDown aria-hidden />
          </Button>
        }
      >
        <MenuItem onSelect={() => onOpen(undefined)}>
          <Plus aria-hidden /> {t("New chat")}
        </MenuItem>
        {chats.length > 0 && <MenuSeparator />}
        <div className="max-h-64 overflow-y-auto">
          {chats.map((other) => (
            <MenuItem key={other.id} onSelect={() => onOpen(other.id)} aria-current={other.id === chat?.id || undefined} className="aria-[current=true]:font-medium">
              <Dot chat={other} />
              <span className="min-w-0 flex-1 truncate">{chatTitle(other)}</span>
              <span className="shrink-0 text-xs text-muted-foreground">{ago(other.updatedAt, now)}</span>
            </MenuItem>
          ))}
        </div>
        <MenuSeparator />
        {chat && (
          <MenuItem onSelect={() => (wanted.current = "rename")}>
            <Pencil aria-hidden /> {t("Rename…")}
          </MenuItem>
        )}
        <MenuItem onSelect={() => (wanted.current = "rules")}>
          <ListChecks aria-hidden /> {t("Rules of this workspace…")}
        </MenuItem>
        {chat && (
          <MenuItem variant="danger" onSelect={() => (wanted.current = "delete")}>
            <Trash2 aria-hidden /> {t("Delete this chat…")}
          </MenuItem>
        )}
      </Menu>
      {dialog === "rename" && chat && <RenameChatDialog chat={chat} onClose={close} />}
      {dialog === "delete" && chat && <DeleteChatDialog chat={chat} onClose={close} onDeleted={() => onOpen(undefined)} />}
      {dialog === "rules" && <RulesDialog workspaceId={workspaceId} onClose={close} />}
    </>
  );
}

function Dot({ chat }: { chat: Chat }) {
  const running = chat.status === "running";
  return (
    <span className="grid size-4 shrink-0 place-items-center">
      <span className={cn("size-2 rounded-full", chat.waiting ? "bg-busy" : running ? "animate-pulse bg-ok" : "bg-transparent")} />
      {chat.waiting ? <span className="sr-only">{t("waits for you:")}</span> : running && <span className="sr-only">{t("running:")}</span>}
    </span>
  );
}
