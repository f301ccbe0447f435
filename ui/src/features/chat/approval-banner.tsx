import { Hand } from "lucide-react";
import { type RefObject, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import type { ToolPart } from "./types";

interface ApprovalBannerProps {
  calls: ToolPart[];
  /** Where the calls are drawn. */
  pane: RefObject<HTMLElement | null>;
}

/** Says that a turn waits for the user while the card that asks is out of view. */
export function ApprovalBanner({ calls, pane }: ApprovalBannerProps) {
  const [first] = calls;
  const id = first?.toolCallId;
  const [hidden, setHidden] = useState(false);
  useEffect(() => {
    const card = find(pane.current, id);
    if (!card) return;
    const watch = new IntersectionObserver(([entry]) => setHidden(entry !== undefined && !entry.isIntersecting));
    watch.observe(card);
    return () => {
      watch.disconnect();
      setHidden(false);
    };
  }, [pane, id]);
  if (!first || !hidden) return null;
  const show = () => {
    const card = find(pane.current, id);
    card?.scrollIntoView({ block: "center" });
    card?.querySelector<HTMLElement>('[tabindex="-1"], button')?.focus({ preventScroll: true });
  };
  return (
    <div className="mx-3 mb-2 flex items-center gap-2 rounded-lg border border-notice-border bg-notice-soft py-1.5 pr-1.5 pl-3 text-sm text-notice-text">
      <Hand aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0 flex-1 truncate">{asks(first)}</span>
      <Button variant="outline" size="sm" onClick={show}>
        {t("Show")}{calls.length > 1 && ` (${calls.length})`}
      </Button>
    </div>
  );
}

function find(pane: HTMLElement | null, id: string | undefined): HTMLElement | null {
  return (id && pane?.querySelector<HTMLElement>(`[data-call="${CSS.escape(id)}"]`)) || null;
}

function asks({ approval }: ToolPart): string {
  const descriptor = approval?.descriptor;
  return descriptor?.kind === "question" ? t("The agent has a question") : t("Waiting for you: {what}", { what: descriptor?.title || t("a call") });
}
