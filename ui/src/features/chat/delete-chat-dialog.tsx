import { sentence } from "@/api/problem";
import { useDeleteChat } from "@/api/queries/chats";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Notice } from "@/components/ui/notice";
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
      title="Delete this chat?"
      description={
        <>
          The messages of <strong className="font-medium break-words text-foreground">{chatTitle(chat)}</strong> are deleted for good, and its turns can no
          longer be undone. Files stay as they are.
        </>
      }
      action="Delete chat"
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
