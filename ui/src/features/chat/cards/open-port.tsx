import { ExternalLink } from "lucide-react";
import { Button } from "@/components/ui/button";
import { useChatActions } from "../chat-context";

/** Opens what listens on a port of the workspace in a tab of its own. */
export function OpenPort({ port, path }: { port: number; path?: string }) {
  const { openPort } = useChatActions();
  return (
    <Button variant="outline" size="sm" onClick={() => openPort(port, path)}>
      <ExternalLink aria-hidden /> Open port {port}
      <span className="sr-only"> in a new tab</span>
    </Button>
  );
}

export function isPort(n: number | undefined): n is number {
  return n !== undefined && Number.isInteger(n) && n >= 1 && n <= 65_535;
}
