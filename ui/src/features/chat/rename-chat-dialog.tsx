import { type FormEvent, useState } from "react";
import { Problem, sentence } from "@/api/problem";
import { useUpdateChat } from "@/api/queries/chats";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import type { Chat } from "./types";

export function RenameChatDialog({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const [title, setTitle] = useState(chat.title);
  const update = useUpdateChat(chat.id);
  const problem = update.error instanceof Problem ? update.error : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate({ title: title.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Rename this chat")}>
      <form onSubmit={submit} className="grid gap-5">
        {problem && !problem.field("title") && (
          <Notice variant="danger" live>
            {sentence(problem)}
          </Notice>
        )}
        <Field label={t("Name")} error={problem?.field("title")}>
          {(control) => <Input {...control} value={title} onChange={(e) => setTitle(e.target.value)} required maxLength={100} autoComplete="off" />}
        </Field>
        <DialogButtons>
          <Button variant="outline" onClick={onClose}>
            {t("Cancel")}
          </Button>
          <Button type="submit" busy={update.isPending}>
            {t("Save")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
