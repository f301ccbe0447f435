import { t } from "@/i18n/t";
import { CopyButton } from "../cards/copy-button";
import { useHighlighted } from "./use-highlighted";
import "@/theme/code.css";

interface CodeBlockProps {
  code: string;
  /** As the model wrote it behind the fence; may be anything. */
  language: string;
  /** Still growing: colours come when it is whole. */
  streaming?: boolean;
}

export function CodeBlock({ code, language, streaming = false }: CodeBlockProps) {
  const coloured = useHighlighted(code, language, !streaming);
  const label = language.slice(0, 30) || "text";
  return (
    <figure className="my-3 overflow-hidden rounded-lg border border-border bg-surface first:mt-0 last:mb-0">
      <figcaption className="flex h-9 items-center justify-between gap-2 border-b border-border bg-muted pr-1 pl-3 text-xs text-muted-foreground">
        <span className="truncate font-mono">{label}</span>
        <CopyButton text={code} label={t("Copy code")} />
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={t("Code, {label}", { label })} role="region" className="max-h-128 overflow-auto p-3 font-mono text-[0.8125rem] leading-relaxed">
        <code>{coloured ?? code}</code>
      </pre>
    </figure>
  );
}
