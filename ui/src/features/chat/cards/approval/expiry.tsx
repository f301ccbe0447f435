import { until } from "@/lib/format";
import { useNow } from "@/lib/use-now";

/** When the answer comes too late, RFC 3339. */
export function Expiry({ at }: { at: string }) {
  const now = useNow();
  const time = Date.parse(at);
  if (!Number.isFinite(time)) return null;
  return <span className="text-xs text-muted-foreground">{time > now ? `Counts as refused ${until(at, now)}` : "The time to answer is over"}</span>;
}
