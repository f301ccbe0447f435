import { Pencil } from "lucide-react";
import { type KeyboardEvent, memo, useState } from "react";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { AutoTextarea } from "./auto-textarea";
import { PictureList } from "./picture-list";
import { plainText } from "./turn-items";
import type { ChatMessage } from "./types";

interface UserMessageProps {
  message: ChatMessage;
  /** Sends it again with this text, without all that came after. Absent while a turn runs. */
  onEdit?: (message: ChatMessage, text: string) => void;
}

export const UserMessage = memo(function UserMessage({ message, onEdit }: UserMessageProps) {
  const [editing, setEditing] = useState(false);
  // It ends with the turn's beginning: until then there may be a question, and the text is kept.
  if (editing && !onEdit) setEditing(false);
  const text = plainText(message);
  const pictures = message.parts.filter((p) => p.type === "file");
  return (
    <article aria-label={t("You")} className="group flex flex-col items-end gap-2">
      <PictureList pictures={pictures} />
      {editing && onEdit ? (
        <Editor
          text={text}
          onCancel={() => setEditing(false)}
          onSend={(next) => onEdit(message, next)}
        />
      ) : (
        <div className="flex max-w-full items-start gap-1 pl-8">
          {onEdit && (
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={t("Edit this message")}
              onClick={() => setEditing(true)}
              className="size-7 text-muted-foreground opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
            >
              <Pencil aria-hidden className="size-3.5!" />
            </Button>
          )}
          {text && <p className="min-w-0 rounded-2xl rounded-br-md bg-muted px-3.5 py-2 break-words whitespace-pre-wrap">{text}</p>}
        </div>
      )}
    </article>
  );
});

function Editor({ text, onCancel, onSend }: { text: string; onCancel: () => void; onSend: (text: string) => void }) {
  const [draft, setDraft] = useState(text);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing && draft.trim()) onSend(draft.trim());
    else return;
    event.preventDefault();
  };
  return (
    <form
      className="grid w-full gap-2 rounded-xl border border-input bg-surface p-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft.trim()) onSend(draft.trim());
      }}
    >
      <AutoTextarea aria-label={t("Your message")} autoFocus value={draft} onChange={(event) => setDraft(event.target.value)} onKeyDown={onKeyDown} className="rounded px-1" />
      <p className="px-1 text-xs text-muted-foreground">{t("What came after it leaves the chat for good. If files were changed, you are asked about them first.")}</p>
      <div className="flex justify-end gap-2">
        <Button variant="outline" size="sm" onClick={onCancel}>
          {t("Cancel")}
        </Button>
        <Button type="submit" size="sm" disabled={!draft.trim()}>
          {t("Send again")}
        </Button>
      </div>
    </form>
  );
}
