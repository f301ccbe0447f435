import type { ReactNode } from "react";
import { t } from "@/i18n/t";
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
  const { openFile, readOnly } = useChatActions();
  const place = visible(line === undefined ? path : `${path}:${line}`);
  return (
    <button
      type="button"
      title={readOnly ? t("Show {place}", { place }) : t("Open {place} in VS Code", { place })}
      onClick={() => openFile(path, line, column)}
      className={cn("max-w-full rounded text-left break-all text-link underline-offset-2 hover:underline", className)}
    >
      {children ?? <span className="font-mono text-[0.875em]">{place}</span>}
      {!readOnly && <span className="sr-only"> {t("(opens in VS Code)")}</span>}
    </button>
  );
}
