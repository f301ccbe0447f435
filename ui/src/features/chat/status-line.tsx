import { useEffect, useState } from "react";
import { WifiOff } from "lucide-react";
import { Spinner } from "@/components/ui/spinner";
import { t } from "@/i18n/t";
import type { LiveState } from "./live-chat";
import { statusText } from "./status-text";
import type { ChatMessage } from "./types";

interface StatusLineProps {
  state: LiveState;
  last: ChatMessage | undefined;
}

/** What happens right now. Read out, but not every second of a countdown. */
export function StatusLine({ state, last }: StatusLineProps) {
  const until = state.lost?.until ?? (state.status?.until ? Date.parse(state.status.until) : undefined);
  const left = useCountdown(state.busy ? until : undefined);
  const [began, setBegan] = useState(false);
  useEffect(() => {
    if (state.busy) setBegan(true);
  }, [state.busy]);
  return (
    <div role="status" className="mx-auto w-full max-w-3xl px-4">
      {began && !state.busy && <span className="sr-only">{t("The agent has finished.")}</span>}
      {state.busy && (
        <p className="flex items-center gap-2 pb-2 text-xs text-muted-foreground">
          {state.lost ? <WifiOff aria-hidden className="size-3.5 shrink-0" /> : <Spinner className="size-3.5 shrink-0" />}
          <span className="min-w-0 truncate">{statusText(state, last)}</span>
          {left !== undefined && left > 0 && (
            <span aria-hidden className="shrink-0 tabular-nums">
              {t("in {left} s", { left })}
            </span>
          )}
        </p>
      )}
    </div>
  );
}

/** Whole seconds until a time, counted down. */
function useCountdown(until: number | undefined): number | undefined {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return until === undefined ? undefined : Math.max(0, Math.ceil((until - now) / 1000));
}
