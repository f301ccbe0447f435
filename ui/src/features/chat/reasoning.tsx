import { Brain, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { seconds } from "./amounts";
import { Markdown } from "./markdown/lazy-markdown";

interface ReasoningProps {
  text: string;
  streaming: boolean;
}

/** What the model thought before it answered. Closed: it is for the curious. */
export function Reasoning({ text, streaming }: ReasoningProps) {
  const [open, setOpen] = useState(false);
  const tookMs = useDuration(streaming);
  const title = streaming ? t("Thinking…") : tookMs ? t("Thought for {time}", { time: seconds(tookMs) }) : t("Thought");
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center gap-1.5 rounded text-sm text-muted-foreground hover:text-foreground"
      >
        <Brain aria-hidden className={cn("size-4", streaming && "animate-pulse")} />
        {title}
        <ChevronRight aria-hidden className={cn("size-3.5 transition-transform", open && "rotate-90")} />
      </button>
      {open && (
        <div className="mt-2 border-l-2 border-border pl-3 text-sm text-muted-foreground">
          <Markdown text={text} streaming={streaming} />
        </div>
      )}
    </div>
  );
}

/** How long something ran that was seen from its beginning, in milliseconds; else undefined. */
function useDuration(running: boolean): number | undefined {
  const began = useRef<number>(undefined);
  const [took, setTook] = useState<number>();
  useEffect(() => {
    if (running) began.current ??= performance.now();
    else if (began.current !== undefined) setTook(performance.now() - began.current);
  }, [running]);
  return took;
}
