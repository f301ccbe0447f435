import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { useChatActions } from "../chat-context";
import { visible } from "./visible";

interface OpenFileProps {
  path: string;
  line?: number;
  column?: number;
  className?: string;
  /** Instead of the path. */
  children?: ReactNode;
}

/** A file of the workspace; it opens in VS Code. */
export function OpenFile({ path, line, column, className, children }: OpenFileProps) {
  const { openFile } = useChatActions();
  const place = visible(line === undefined ? path : `${path}:${line}`);
  return (
    <button
      type="button"
      title={`Open ${place} in VS Code`}
      onClick={() => openFile(path, line, column)}
      className={cn("max-w-full rounded text-left break-all text-link underline-offset-2 hover:underline", className)}
    >
      {children ?? <span className="font-mono text-[0.875em]">{place}</span>}
      <span className="sr-only"> (opens in VS Code)</span>
    </button>
  );
}
