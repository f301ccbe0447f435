import { Check, Copy, RotateCw, Undo2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { useCopy } from "@/components/ui/use-copy";
import { t } from "@/i18n/t";
import { cost as costText, costUnknown, seconds, tokens } from "./amounts";
import type { MessageMetadata } from "./types";

interface MessageFooterProps {
  metadata: MessageMetadata | undefined;
  /** What the copy button takes. */
  text: string;
  onRegenerate?: () => void;
  onUndo?: () => void;
}

/** Below an answer: what made it, what it took, and what can be done with it. */
export function MessageFooter({ metadata, text, onRegenerate, onUndo }: MessageFooterProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted-foreground">
      <p className="mr-auto flex min-w-0 flex-wrap gap-x-2 tabular-nums">
        {facts(metadata).map((fact) => (
          <span key={fact} title={fact === costText(null) ? t(costUnknown) : undefined}>
            {fact}
          </span>
        ))}
      </p>
      <div className="-mr-2 flex items-center">
        {onUndo && (
          <Button variant="ghost" size="sm" onClick={onUndo} className="h-7 gap-1.5 px-2 text-xs text-muted-foreground">
            <Undo2 aria-hidden className="size-3.5!" /> {t("Undo this turn…")}
          </Button>
        )}
        <CopyButton text={text} />
        {onRegenerate && (
          <Tooltip text={t("Answer again")}>
            <Button variant="ghost" size="icon-sm" aria-label={t("Answer again")} onClick={onRegenerate} className="size-7 text-muted-foreground">
              <RotateCw aria-hidden className="size-3.5!" />
            </Button>
          </Tooltip>
        )}
      </div>
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const { copied, copy } = useCopy(text, () => undefined);
  return (
    <Tooltip text={t("Copy the answer")}>
      <Button variant="ghost" size="icon-sm" aria-label={copied ? t("Copied") : t("Copy the answer")} onClick={copy} className="size-7 text-muted-foreground">
        {copied ? <Check aria-hidden className="size-3.5!" /> : <Copy aria-hidden className="size-3.5!" />}
      </Button>
    </Tooltip>
  );
}

function facts(metadata: MessageMetadata | undefined): string[] {
  if (!metadata) return [];
  const { model, promptTokens = 0, completionTokens = 0, cacheReadTokens = 0, cost, estimated, durationMs, state } = metadata;
  const cached = cacheReadTokens > 0 ? t(" ({tokens} cached)", { tokens: tokens(cacheReadTokens) }) : "";
  return [
    state === "stopped" && t("stopped"),
    model,
    promptTokens > 0 && t("{tokens} in{cached}", { tokens: tokens(promptTokens), cached }),
    completionTokens > 0 && t("{tokens} out", { tokens: tokens(completionTokens) }),
    cost !== undefined && (estimated && cost !== null ? t("about {cost}", { cost: costText(cost) }) : costText(cost)),
    durationMs !== undefined && durationMs > 0 && seconds(durationMs),
  ].filter((fact): fact is string => Boolean(fact));
}
