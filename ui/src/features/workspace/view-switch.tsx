import { Code, MessageSquare } from "lucide-react";
import { cn } from "@/lib/cn";
import type { ChatLayout } from "./use-chat-layout";

interface ViewSwitchProps {
  layout: ChatLayout;
  /** The chat waits for the user. */
  waiting: boolean;
}

/** On small screens: editor or chat. */
export function ViewSwitch({ layout, waiting }: ViewSwitchProps) {
  const views = [
    { value: "editor", label: "Editor", icon: Code, on: layout.editor },
    { value: "chat", label: "Chat", icon: MessageSquare, on: layout.chat },
  ] as const;
  return (
    <div role="group" aria-label="Show" className="flex shrink-0 border-b border-border bg-surface">
      {views.map(({ value, label, icon: Icon, on }) => (
        <button
          key={value}
          type="button"
          aria-pressed={on}
          onClick={() => layout.show(value)}
          className={cn(
            "flex h-10 flex-1 items-center justify-center gap-2 border-b-2 text-sm font-medium -outline-offset-2",
            on ? "border-primary text-foreground" : "border-transparent text-muted-foreground",
          )}
        >
          <Icon aria-hidden className="size-4" /> {label}
          {value === "chat" && waiting && (
            <span className="size-2 rounded-full bg-busy">
              <span className="sr-only">(waits for you)</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
