import type { FileUIPart } from "ai";
import { ArrowUp, ImagePlus, Square } from "lucide-react";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, type ReactNode, type RefObject, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { AutoTextarea } from "./auto-textarea";
import { PictureList } from "./picture-list";
import { admit, pictureTypes, readPicture } from "./pictures";

interface ComposerProps {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onText: (text: string) => void;
  pictures: FileUIPart[];
  onPictures: (pictures: FileUIPart[]) => void;
  onSend: () => void;
  running: boolean;
  stopping: boolean;
  /** A message starts the workspace first. */
  starts: boolean;
  onStop: () => void;
  /** Why nothing can be sent at all. */
  off?: ReactNode;
  /** Model and mode. */
  choices: ReactNode;
}

/** Where messages are written. Enter sends, Shift+Enter makes a line, Escape stops a running turn. */
export function Composer({ field, text, onText, pictures, onPictures, onSend, running, stopping, starts, onStop, off, choices }: ComposerProps) {
  const [dropping, setDropping] = useState(false);
  const [refused, setRefused] = useState<string[]>([]);
  const chooser = useRef<HTMLInputElement>(null);
  const ready = !running && !off && (text.trim() !== "" || pictures.length > 0);

  const attach = async (files: File[]) => {
    const { taken, refused: why } = admit(files, pictures);
    const read = await Promise.allSettled(taken.map(readPicture));
    const good = read.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
    const bad = read.flatMap((r) => (r.status === "rejected" ? [String(r.reason.message)] : []));
    setRefused([...why, ...bad]);
    if (good.length > 0) onPictures([...pictures, ...good]);
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    void attach(files);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDropping(false);
    void attach([...event.dataTransfer.files]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (ready) onSend();
    } else if (event.key === "Escape" && running && !stopping) {
      event.preventDefault();
      onStop();
    }
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a place to drop files, which can be chosen too
    <form
      aria-label={t("Message to the agent")}
      className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSend();
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={onDrop}
    >
      {off && <div className="mb-2">{off}</div>}
      <div
        className={cn(
          "grid grid-cols-1 gap-1 rounded-2xl border border-input bg-surface p-2 shadow-card focus-within:border-ring focus-within:ring-1 focus-within:ring-ring",
          dropping && "border-ring ring-1 ring-ring",
        )}
      >
        <div className="p-1 empty:hidden">
          <PictureList pictures={pictures} onRemove={(index) => onPictures(pictures.filter((_, n) => n !== index))} />
        </div>
        {refused.length > 0 && (
          <p role="alert" className="px-2 text-xs text-danger-text">
            {refused.join(" ")}
          </p>
        )}
        <AutoTextarea
          ref={field}
          aria-label={t("Message")}
          placeholder={running ? t("The agent is at work…") : starts ? t("A message starts the workspace") : t("Ask the agent to do something")}
          value={text}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          enterKeyHint="send"
          className="min-h-9 px-2 py-1.5"
        />
        <div className="flex min-w-0 items-center gap-0.5">
          {choices}
          <div className="ml-auto flex shrink-0 items-center gap-1">
            <input
              ref={chooser}
              type="file"
              accept={pictureTypes.join(",")}
              multiple
              hidden
              onChange={(event) => {
                void attach([...(event.target.files ?? [])]);
                event.target.value = ""; // the same file can be chosen again
              }}
            />
            <Tooltip text={t("Attach pictures")}>
              <Button variant="ghost" size="icon-sm" aria-label={t("Attach pictures")} disabled={Boolean(off)} onClick={() => chooser.current?.click()} className="text-muted-foreground">
                <ImagePlus aria-hidden />
              </Button>
            </Tooltip>
            {running ? (
              <Tooltip text={t("Stop (Esc)")}>
                <Button variant="outline" size="icon-sm" aria-label={t("Stop")} busy={stopping} onClick={onStop}>
                  {!stopping && <Square aria-hidden className="size-3.5! fill-current" />}
                </Button>
              </Tooltip>
            ) : (
              <Button type="submit" size="icon-sm" aria-label={t("Send")} disabled={!ready}>
                <ArrowUp aria-hidden />
              </Button>
            )}
          </div>
        </div>
      </div>
    </form>
  );
}
