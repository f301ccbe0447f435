import { ExternalLink, Globe } from "lucide-react";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { useChatActions } from "../chat-context";

/** Shows what listens on a port of the workspace, in the preview or in a tab of its own. */
export function OpenPort({ port, path }: { port: number; path?: string }) {
  const { openPort, opensBeside } = useChatActions();
  if (!openPort) return null;
  return (
    <Button variant="outline" size="sm" onClick={() => openPort(port, path)}>
      {opensBeside ? <Globe aria-hidden /> : <ExternalLink aria-hidden />} {t("Open port {port}", { port })}
      {!opensBeside && <span className="sr-only"> {t("in a new tab")}</span>}
    </Button>
  );
}

export function isPort(n: number | undefined): n is number {
  return n !== undefined && Number.isInteger(n) && n >= 1 && n <= 65_535;
}
