import { Check } from "lucide-react";
import { useEffect, useState } from "react";
import { Spinner } from "@/components/ui/spinner";
import { useConnection } from "@/features/live/connection";
import { t } from "@/i18n/t";

/** A break that is shorter than that is nobody's concern, in milliseconds. */
const patienceMs = 1500;
const backMs = 4000;

/** Says when the page hears nothing from the server any more, and when it does again. */
export function ConnectionStrip() {
  const state = useStrip(useConnection() === "lost");
  return (
    <div role="status">
      {state !== "well" && (
        <p className="flex shrink-0 items-center justify-center gap-2 border-b border-notice-border bg-notice-soft px-3 py-1.5 text-center text-sm text-notice-text">
          {state === "lost" ? <Spinner className="size-3.5 shrink-0" /> : <Check aria-hidden className="size-4 shrink-0" />}
          {state === "lost" ? t("Connection lost. Reconnecting… What runs in the workspace goes on.") : t("Back again")}
        </p>
      )}
    </div>
  );
}

function useStrip(lost: boolean): "well" | "lost" | "back" {
  const [state, setState] = useState<"well" | "lost" | "back">("well");
  useEffect(() => {
    if (lost) {
      const timer = setTimeout(() => setState("lost"), patienceMs);
      return () => clearTimeout(timer);
    }
    setState((now) => (now === "lost" ? "back" : now));
    return undefined;
  }, [lost]);
  useEffect(() => {
    if (state !== "back") return;
    const timer = setTimeout(() => setState("well"), backMs);
    return () => clearTimeout(timer);
  }, [state]);
  return state;
}
