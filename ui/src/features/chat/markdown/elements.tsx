import { Square, SquareCheck } from "lucide-react";
import type { ReactNode } from "react";
import type { Components } from "react-markdown";
import { t } from "@/i18n/t";
import { OpenFile } from "../cards/open-file";
import { CodeBlock } from "./code-block";
import { filePath } from "./file-path";
import { Link, useInsideLink } from "./link";
import { Picture } from "./picture";

type Inner = { children?: ReactNode };

const aligned = (style: unknown) => {
  const align = typeof style === "object" && style !== null && "textAlign" in style ? style.textAlign : undefined;
  return align === "right" ? "text-right" : align === "center" ? "text-center" : "text-left";
};

// A message stands below the page's own headings.
const heading = (level: 3 | 4 | 5, look: string) =>
  function Heading({ children }: Inner) {
    const Tag = `h${level}` as const;
    return <Tag className={`mt-4 mb-2 font-semibold first:mt-0 ${look}`}>{children}</Tag>;
  };
const small = heading(5, "text-sm");

/** How each element of a message is drawn. Nothing but what stands here is passed on to the page. */
export const elements: Components = {
  a: ({ href, children }) => <Link href={href}>{children}</Link>,
  img: ({ src, alt }) => <Picture src={typeof src === "string" ? src : ""} alt={alt} />,
  code: ({ children }) => <InlineCode>{children}</InlineCode>,
  pre: ({ node, children }) => <Fence node={node}>{children}</Fence>,
  input: ({ checked }) => {
    const Box = checked ? SquareCheck : Square;
    return <Box role="img" aria-label={checked ? t("Done:") : t("Open:")} className="mr-1.5 inline size-4 align-[-0.15em] text-muted-foreground" />;
  },
  p: ({ children }) => <p className="my-2 first:mt-0 last:mb-0">{children}</p>,
  h1: heading(3, "text-lg"),
  h2: heading(4, "text-base"),
  h3: small,
  h4: small,
  h5: small,
  h6: small,
  ul: ({ children }) => <ul className="my-2 list-disc space-y-1 pl-6 first:mt-0 last:mb-0">{children}</ul>,
  ol: ({ start, children }) => (
    <ol start={start} className="my-2 list-decimal space-y-1 pl-6 first:mt-0 last:mb-0">
      {children}
    </ol>
  ),
  li: ({ children }) => <li className="marker:text-muted-foreground has-[>svg]:-ml-6 has-[>svg]:list-none">{children}</li>,
  blockquote: ({ children }) => <blockquote className="my-2 border-l-2 border-input pl-3 text-muted-foreground first:mt-0 last:mb-0">{children}</blockquote>,
  hr: () => <hr className="my-4" />,
  br: () => <br />,
  strong: ({ children }) => <strong className="font-semibold">{children}</strong>,
  em: ({ children }) => <em>{children}</em>,
  del: ({ children }) => <del>{children}</del>,
  table: ({ children }) => (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
    <div role="region" aria-label={t("Table")} tabIndex={0} className="my-3 overflow-x-auto rounded-lg border border-border first:mt-0 last:mb-0">
      <table className="w-full border-collapse text-sm">{children}</table>
    </div>
  ),
  thead: ({ children }) => <thead className="bg-muted">{children}</thead>,
  tbody: ({ children }) => <tbody>{children}</tbody>,
  tr: ({ children }) => <tr className="border-b border-border last:border-b-0">{children}</tr>,
  th: ({ style, children }) => <th className={`px-3 py-1.5 font-medium ${aligned(style)}`}>{children}</th>,
  td: ({ style, children }) => <td className={`px-3 py-1.5 align-top ${aligned(style)}`}>{children}</td>,
};

const codeClasses = "rounded bg-muted px-1 py-0.5 font-mono text-[0.875em] break-words";

function InlineCode({ children }: Inner) {
  const inside = useInsideLink();
  const file = typeof children === "string" && !inside ? filePath(children) : null;
  const code = <code className={codeClasses}>{children}</code>;
  return file ? <OpenFile {...file}>{code}</OpenFile> : code;
}

interface HastNode {
  type?: string;
  value?: string;
  properties?: { className?: unknown };
  children?: HastNode[];
}

/** Code inside a list or a quote; at the top level blocks.ts finds it first. */
function Fence({ node, children }: { node?: unknown; children?: ReactNode }) {
  const code = (node as HastNode | undefined)?.children?.[0];
  const text = code?.children?.[0]?.value;
  if (typeof text !== "string") return <pre className="overflow-x-auto font-mono text-sm">{children}</pre>;
  const named = code?.properties?.className;
  const language = Array.isArray(named) && typeof named[0] === "string" ? named[0].replace(/^language-/, "") : "";
  return <CodeBlock code={text.replace(/\n$/, "")} language={language} />;
}
