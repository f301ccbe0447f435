import { memo } from "react";
import { ToolCard } from "./cards/tool-card";
import type { ToolPart } from "./types";

/** One call of a tool. The id on it is how the page finds a call that waits. */
export const ToolCall = memo(
  function ToolCall({ part }: { part: ToolPart }) {
    return (
      <div data-call={part.toolCallId} className="min-w-0 scroll-my-4">
        <ToolCard part={part} />
      </div>
    );
  },
  // A stream makes every part anew at every piece; but only input grows within a state.
  (a, b) => a.part.toolCallId === b.part.toolCallId && a.part.state === b.part.state && (a.part === b.part || b.part.state !== "input-streaming"),
);
