import { Badge } from "@/components/ui/badge";
import { Spinner } from "@/components/ui/spinner";
import { useConnection } from "./connection";

/** Silent while all is well; says so when the page may be behind; on a narrow page as a sign at the picture of the user. */
export function ConnectionBadge() {
  const lost = useConnection() === "lost";
  return (
    <span role="status">
      {lost && (
        <Badge title="Live updates stopped. The page asks every 30 seconds until they are back." className="max-sm:pointer-events-none max-sm:absolute max-sm:right-2 max-sm:bottom-1 max-sm:bg-surface max-sm:p-0.5">
          <Spinner className="size-3" />
          <span className="max-sm:sr-only">Reconnecting…</span>
        </Badge>
      )}
    </span>
  );
}
