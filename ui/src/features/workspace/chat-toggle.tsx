import { MessageSquare } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";

interface ChatToggleProps {
  shown: boolean;
  waiting: boolean;
  onToggle: () => void;
}

export function ChatToggle({ shown, waiting, onToggle }: ChatToggleProps) {
  return (
    <Tooltip text={`${shown ? "Hide" : "Show"} the chat (Alt+Shift+K)`}>
      <Button
        variant="ghost"
        size="sm"
        aria-pressed={shown}
        aria-keyshortcuts="Alt+Shift+K"
        onClick={onToggle}
        className="relative max-md:hidden aria-pressed:bg-muted"
      >
        <MessageSquare aria-hidden />
        Chat
        {waiting && !shown && (
          <span className="absolute top-1 right-1 size-2 rounded-full bg-busy">
            <span className="sr-only">waits for you</span>
          </span>
        )}
      </Button>
    </Tooltip>
  );
}
