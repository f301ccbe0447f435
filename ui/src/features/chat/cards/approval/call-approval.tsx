import { ShieldQuestionMark, TriangleAlert } from "lucide-react";
import { type RefObject, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { useChatActions } from "../../chat-context";
import { CommandText } from "../command-text";
import { DiffView } from "../diff/diff-view";
import { type Fields, list, number, text, texts, whole } from "../shape";
import { visible } from "../visible";
import { choicesOf } from "./choices";
import { Expiry } from "./expiry";
import { KeyHint } from "./key-hint";
import { Paths } from "./paths";
import { useAnswer } from "./use-answer";
import { useWaiting } from "./waiting";
import { useWaitingCard } from "./use-waiting-card";

interface CallApprovalProps {
  approvalId: string;
  descriptor: Fields;
  /** The call's own words for it, when the descriptor has none. */
  fallbackTitle: string;
  fallbackCommand: string;
  reason: string;
  after: RefObject<HTMLElement | null>;
}

const commandLimit = 20_000;

/** Asks whether a call may run, and shows all that it would do. */
export function CallApproval({ approvalId, descriptor, fallbackTitle, fallbackCommand, reason, after }: CallApprovalProps) {
  const { chatId } = useChatActions();
  const { send, busy, failure } = useAnswer();
  const [noting, setNoting] = useState(false);
  const title = useId();
  const choices = choicesOf(descriptor.choices);
  const allow = (scope = choices[0]?.scope ?? "once") => send([approvalId], { approved: true, scope });
  const deny = (note = "") => send([approvalId], note.trim() === "" ? { approved: false } : { approved: false, reason: note.trim() });
  const card = useWaitingCard({
    approvalId,
    kind: "call",
    after,
    onKey: (key) => {
      if (key === "a") void allow();
      else if (key === "d") void deny();
      return key === "a" || key === "d";
    },
  });
  const together = useWaiting().filter((w) => w.chatId === chatId && w.kind === "call");
  const first = together.length > 1 && together[0]?.approvalId === approvalId;

  const command = text(descriptor.command, commandLimit) || fallbackCommand;
  const diff = whole(descriptor.diff);
  const paths = texts(descriptor.paths);
  const pathCount = list(descriptor.paths, Number.POSITIVE_INFINITY).length;
  const diffTruncated = descriptor.diffTruncated === true;
  // What is not in the diff must stand beside it: a link's real path, what was cut.
  const showsPaths = paths.length > (diff && !diffTruncated ? 1 : 0);
  const why = text(descriptor.reason, 2000) || reason;
  const risk = text(descriptor.risk, 2000);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys are a shortcut to the buttons in it
    <div {...card} role="group" aria-labelledby={title} className="grid grid-cols-1 gap-3 border-l-2 border-primary px-3 py-3 -outline-offset-2 focus:outline-2 focus:outline-ring">
      <div className="flex items-start gap-2">
        <ShieldQuestionMark aria-hidden className="mt-0.5 size-4 shrink-0 text-link" />
        <div className="min-w-0">
          <p id={title} className="font-medium break-words">
            {visible(text(descriptor.title, 300) || fallbackTitle)}
          </p>
          {why && <p className="break-words text-muted-foreground">{visible(why)}</p>}
        </div>
      </div>
      {risk && (
        <p className="flex items-start gap-2 break-words text-notice-text">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0">{visible(risk)}</span>
        </p>
      )}
      {command && (
        <div className="rounded-lg bg-muted px-3 py-2">
          <CommandText command={command} cwd={text(descriptor.cwd, 1000)} />
        </div>
      )}
      {diff && (
        <div className="overflow-hidden rounded-lg border border-border">
          <DiffView diff={diff} truncated={diffTruncated} names />
        </div>
      )}
      {showsPaths && <Paths paths={paths} count={Math.max(number(descriptor.pathCount) ?? 0, pathCount)} />}
      {failure && (
        <Notice variant="danger" live>
          {failure}
        </Notice>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {choices.map(({ scope, label }, n) => (
          <Button key={scope} size="sm" className="h-auto min-h-8 max-w-full shrink py-1 text-left whitespace-normal" variant={n === 0 ? "primary" : "outline"} busy={busy} aria-keyshortcuts={n === 0 ? "A" : undefined} onClick={() => allow(scope)}>
            {label}
            {n === 0 && <KeyHint>A</KeyHint>}
          </Button>
        ))}
        <Button size="sm" variant="outline" busy={busy} aria-keyshortcuts="D" onClick={() => deny()}>
          {t("Deny")} <KeyHint>D</KeyHint>
        </Button>
        <Button size="sm" variant="ghost" aria-expanded={noting} onClick={() => setNoting(!noting)}>
          {t("Deny with a note…")}
        </Button>
        {first && (
          <Button
            size="sm"
            variant="outline"
            busy={busy}
            onClick={() =>
              send(
                together.map((w) => w.approvalId),
                { approved: true, scope: "once" },
              )
            }
          >
            {t("Allow all {n} once", { n: together.length })}
          </Button>
        )}
      </div>
      {noting && <Note busy={busy} onSend={deny} onClose={() => setNoting(false)} />}
      {choices.map(({ scope, label, rules }) => rules.length > 0 && <Rules key={scope} label={label} rules={rules} />)}
      <Expiry at={text(descriptor.expiresAt, 40)} />
    </div>
  );
}

function Note({ busy, onSend, onClose }: { busy: boolean; onSend: (note: string) => void; onClose: () => void }) {
  const [note, setNote] = useState("");
  return (
    <form
      className="flex gap-2"
      onSubmit={(e) => {
        e.preventDefault();
        onSend(note);
      }}
    >
      <Input
        autoFocus
        aria-label={t("What to do instead")}
        placeholder={t("What to do instead")}
        maxLength={500}
        value={note}
        onChange={(e) => setNote(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== "Escape") return;
          e.stopPropagation();
          onClose();
        }}
      />
      <Button type="submit" size="md" variant="outline" busy={busy}>
        {t("Deny")}
      </Button>
    </form>
  );
}

function Rules({ label, rules }: { label: string; rules: string[] }) {
  return (
    <p className="text-xs text-muted-foreground">
      {t("“{label}” adds:", { label })}{" "}
      {rules.map((rule, n) => (
        // oxlint-disable-next-line react/no-array-index-key -- the list never changes
        <code key={n} className="mr-1 rounded bg-muted px-1 py-0.5 font-mono break-all text-foreground">
          {visible(rule)}
        </code>
      ))}
    </p>
  );
}
