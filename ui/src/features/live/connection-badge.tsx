import { Badge } from "@/components/ui/badge";
import { Spinner } from "@/components/ui/spinner";
import { useConnection } from "./connection";

/** Silent while all is well; says so when the page may be behind. */
export function ConnectionBadge() {
  const lost = useConnection() === "lost";
  return (
    <span role="status">
      {lost && (
        <Badge title="Live updates stopped. The page asks every 30 seconds until they are back.">
          <Spinner className="size-3" />
          Reconnecting<span className="max-sm:hidden">…</span>
        </Badge>
      )}
    </span>
  );
}
