import { Check, WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useSilentSince } from "@/api/reachable";
import { t } from "@/i18n/t";
import { time } from "@/lib/format";
import { useConnection } from "./connection";
import { useOfflineSince } from "./use-offline";

const backMs = 4000;

/** Says that the server cannot be heard and since when, and goes by itself once it can. */
export function OfflineBanner() {
  const offline = useOfflineSince();
  const silent = useSilentSince();
  const live = useConnection() === "live";
  const since = offline ?? (live ? undefined : silent);
  const back = useBack(since !== undefined);
  return (
    <div role="status">
      {(since !== undefined || back) && (
        <p className="flex items-center justify-center gap-2 border-t border-notice-border bg-notice-soft px-4 py-1.5 text-sm text-notice-text">
          {since === undefined ? <Check aria-hidden className="size-4 shrink-0" /> : <WifiOff aria-hidden className="size-4 shrink-0" />}
          <span className="min-w-0">{since === undefined ? t("Connected again.") : told(since, offline !== undefined)}</span>
        </p>
      )}
    </div>
  );
}

function told(since: number, offline: boolean): string {
  const values = { time: time(since) };
  return offline
    ? t("Offline since {time}. The page goes on by itself once there is a network again.", values)
    : t("Kalpana has not answered since {time}. The page tries again by itself.", values);
}

/** True for a moment after it was away. */
function useBack(away: boolean): boolean {
  const [state, setState] = useState<"well" | "away" | "back">("well");
  if (away && state !== "away") setState("away");
  if (!away && state === "away") setState("back");
  useEffect(() => {
    if (state !== "back") return;
    const timer = setTimeout(() => setState("well"), backMs);
    return () => clearTimeout(timer);
  }, [state]);
  return state === "back";
}
