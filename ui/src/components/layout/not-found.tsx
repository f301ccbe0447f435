import { Link } from "@tanstack/react-router";
import { Button } from "@/components/ui/button";
import { useTitle } from "@/lib/use-title";
import { MessagePage } from "./message-page";

export function NotFound() {
  useTitle("Not found");
  return (
    <MessagePage
      title="There is no such page"
      action={
        <Button asChild>
          <Link to="/">Go to your workspaces</Link>
        </Button>
      }
    >
      The address may be mistyped, or what was here is gone.
    </MessagePage>
  );
}
