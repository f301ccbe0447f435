import { memo, useMemo } from "react";
import ReactMarkdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import { type Block, blocks } from "./blocks";
import { CodeBlock } from "./code-block";
import { elements } from "./elements";
import { PlainOnError } from "./plain-on-error";
import { readGfm } from "./read-gfm";
import { keepAddress, plainHtml, schema } from "./safety";

export interface MarkdownProps {
  text: string;
  /** It grows: what is unfinished at its end is completed for now. */
  streaming?: boolean;
}

/**
 * Text of the model. It is hostile: HTML in it is text, nothing is loaded, links say where
 * they lead, and paths of files open in the editor.
 */
export function Markdown({ text, streaming = false }: MarkdownProps) {
  const found = useMemo(() => blocks(text, streaming), [text, streaming]);
  return (
    <div className="min-w-0 space-y-3 break-words">
      {found.map((block, n) => (
        // oxlint-disable-next-line react/no-array-index-key -- text only grows at its end
        <Piece key={n} kind={block.kind} text={block.text} language={block.kind === "code" ? block.language : ""} streaming={streaming && n === found.length - 1} />
      ))}
    </div>
  );
}

const Piece = memo(function Piece({ kind, text, language, streaming }: { kind: Block["kind"]; text: string; language: string; streaming: boolean }) {
  if (kind === "code") return <CodeBlock code={text} language={language} streaming={streaming} />;
  if (kind === "plain") return <div className="whitespace-pre-wrap">{text}</div>;
  return (
    <PlainOnError text={text}>
      <ReactMarkdown remarkPlugins={remarkPlugins} rehypePlugins={rehypePlugins} urlTransform={keepAddress} components={elements}>
        {text}
      </ReactMarkdown>
    </PlainOnError>
  );
});

const remarkPlugins = [readGfm, plainHtml];
const rehypePlugins: [typeof rehypeSanitize, typeof schema][] = [[rehypeSanitize, schema]];
