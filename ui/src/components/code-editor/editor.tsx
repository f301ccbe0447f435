import { type KeyboardEvent, memo, type ReactNode, useId, useMemo, useState } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { apply, breakLine, indent, outdent } from "./keys";
import { type Kind, type Token, tokenLines } from "./tokens";
import type { FieldProps, Mark } from "./types";
import "@/theme/code.css";

const colours: Record<Kind, string | undefined> = {
  plain: undefined,
  keyword: "text-(--code-keyword)",
  name: "text-(--code-name)",
  value: "text-(--code-value)",
  string: "text-(--code-string)",
  comment: "text-(--code-comment) italic",
};

// All layers must break and measure alike. On small screens 16 px: iOS zooms into anything smaller.
const lineClasses = "py-2 text-base/(--line) whitespace-pre [--line:1.5rem] md:text-[0.8125rem]/(--line) md:[--line:1.25rem]";
const textClasses = cn(lineClasses, "col-start-1 row-start-1 m-0 pr-8 pl-3 [tab-size:2]");

/** A field over a coloured copy of its text. The copy gives the size; the box around both scrolls. */
export function Editor({ value, onChange, language, marks = [], readOnly, lines: least = 8, id, ...rest }: FieldProps) {
  const hint = useId();
  const [tabMoves, setTabMoves] = useState(false);
  const lines = useMemo(() => tokenLines(value, language), [value, language]);
  const numbers = useMemo(() => value.split("\n").map((_, n) => n + 1).join("\n"), [value]);
  const worst = useMemo(() => [...worstOf(marks)].filter(([line]) => line > 0), [marks]);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
    const { value: text, selectionStart, selectionEnd } = event.currentTarget;
    if (ctrlKey && !altKey && !metaKey && key.toLowerCase() === "m") {
      event.preventDefault();
      setTabMoves(!tabMoves);
      return;
    }
    if (readOnly || ctrlKey || altKey || metaKey || event.nativeEvent.isComposing) return;
    const change = key === "Tab" && !tabMoves ? (shiftKey ? outdent : indent) : key === "Enter" && !shiftKey ? breakLine : undefined;
    if (!change) return;
    event.preventDefault();
    apply(event.currentTarget, change(text, selectionStart, selectionEnd));
  };
  return (
    <div className="grid grid-cols-1 gap-1.5">
      <div
        className="relative max-h-[60dvh] overflow-auto rounded-lg border border-input bg-surface font-mono shadow-card focus-within:outline-2 focus-within:outline-ring has-[[aria-invalid]]:border-danger"
        style={{ minHeight: `calc(${least} * 1.25rem + 1rem)` }}
      >
        <div className="grid min-h-full w-max min-w-full grid-cols-[auto_1fr]" style={{ minHeight: "inherit" }}>
          <div aria-hidden className={cn(lineClasses, "sticky left-0 z-1 min-w-10 border-r border-border bg-muted px-2 text-right text-muted-foreground tabular-nums select-none")}>
            {numbers}
            {worst.map(([line, severity]) => (
              <Bar key={line} line={line} className={severity === "error" ? "bg-danger px-2 text-primary-foreground" : "bg-notice-soft px-2 font-semibold text-notice-text"}>
                {line}
              </Bar>
            ))}
          </div>
          <div className={cn(lineClasses, "relative grid grid-cols-1 py-0")}>
            {worst.map(([line, severity]) => (
              <Bar key={line} line={line} className={severity === "error" ? "bg-danger-soft" : "bg-notice-soft"} />
            ))}
            <pre aria-hidden className={cn(textClasses, "pointer-events-none relative")}>
              {lines
                ? // oxlint-disable-next-line react/no-array-index-key -- a line is its number
                  lines.map((tokens, n) => <Line key={n} tokens={tokens} />)
                : `${value}\n`}
            </pre>
            {/* Only its caret and selection are seen; its colour stays, for those who ask for it. */}
            <textarea
              {...rest}
              id={id}
              aria-describedby={[rest["aria-describedby"], !readOnly && hint].filter(Boolean).join(" ") || undefined}
              value={value}
              readOnly={readOnly}
              onChange={(event) => onChange?.(event.target.value)}
              onKeyDown={onKeyDown}
              onBlur={() => setTabMoves(false)}
              wrap="off"
              spellCheck={false}
              autoCapitalize="off"
              autoComplete="off"
              className={cn(textClasses, "relative size-full resize-none overflow-hidden bg-transparent caret-foreground outline-none [-webkit-text-fill-color:transparent]")}
            />
          </div>
        </div>
      </div>
      {!readOnly && (
        <p id={hint} className="text-xs text-muted-foreground">
          {tabMoves ? t("Tab moves on to the next field.") : t("Tab indents. Press Ctrl+M to let it move on to the next field.")}
        </p>
      )}
    </div>
  );
}

const Line = memo(
  function Line({ tokens }: { tokens: Token[] }) {
    return (
      <div className="min-h-(--line)">
        {tokens.map((token, n) => (
          // oxlint-disable-next-line react/no-array-index-key -- drawn anew when they change
          <span key={n} className={colours[token.kind]}>
            {token.text}
          </span>
        ))}
      </div>
    );
  },
  ({ tokens: a }, { tokens: b }) => a.length === b.length && a.every((token, n) => token.kind === b[n]?.kind && token.text === b[n]?.text),
);

/** Lies over one whole line of the layer it is in. */
function Bar({ line, className, children }: { line: number; className: string; children?: ReactNode }) {
  return (
    <div aria-hidden className={cn("absolute inset-x-0 h-(--line)", className)} style={{ top: `calc(0.5rem + ${line - 1} * var(--line))` }}>
      {children}
    </div>
  );
}

/** The severity to show at each line that has a mark. */
function worstOf(marks: Mark[]): Map<number, Mark["severity"]> {
  const worst = new Map<number, Mark["severity"]>();
  for (const { line, severity } of marks) {
    if (worst.get(line) !== "error") worst.set(line, severity);
  }
  return worst;
}
