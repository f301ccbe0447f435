import { sentence } from "@/api/problem";
import { useDeleteChat } from "@/api/queries/chats";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
import { t, tr } from "@/i18n/t";
import { chatTitle } from "./chat-title";
import type { Chat } from "./types";

interface DeleteChatDialogProps {
  chat: Chat;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteChatDialog({ chat, onClose, onDeleted }: DeleteChatDialogProps) {
  const remove = useDeleteChat(chat);
  return (
    <AlertDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("Delete this chat?")}
      description={
        <>
          {tr("The messages of {chat} are deleted for good, and its turns can no longer be undone. Files stay as they are.", { chat: <strong className="font-medium break-words text-foreground">{chatTitle(chat)}</strong> })}
        </>
      }
      action={t("Delete chat")}
      busy={remove.isPending}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            onClose();
            onDeleted();
          },
        })
      }
    >
      {remove.isError && (
        <Notice variant="danger" live>
          {sentence(remove.error)}
        </Notice>
      )}
    </AlertDialog>
  );
}
