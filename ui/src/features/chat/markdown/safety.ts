import type { Options } from "react-markdown";

/** Of a parsed text (mdast) what is used here. */
interface Node {
  type: string;
  value?: string;
  label?: string | null;
  identifier?: string;
  children?: Node[];
}

/**
 * Shows HTML in a text as the text it is instead of dropping it, line breaks excepted.
 * Footnotes lose their links, which would lead to ids that every message has.
 */
export function plainHtml() {
  return (tree: Node) => {
    tree.children = tree.children?.map((child) => (child.type === "html" ? { type: "paragraph", children: [asText(child)] } : child));
    visit(tree);
  };
}

function visit(node: Node): void {
  node.children = node.children?.map((child) => {
    if (child.type === "html") return asText(child);
    if (child.type === "footnoteReference") return { type: "text", value: `[^${child.label ?? child.identifier ?? ""}]` };
    visit(child);
    return child.type === "footnoteDefinition" ? { type: "blockquote", children: child.children ?? [] } : child;
  });
}

function asText({ value = "" }: Node): Node {
  return /^<br ?\/?>$/i.test(value) ? { type: "break" } : { type: "text", value };
}

/** Names of elements and attributes that may be drawn; all others go, their text stays. */
export const schema = {
  tagNames: ["a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"],
  attributes: {
    a: ["href"],
    code: [["className", /^language-[\w+#.-]{1,40}$/] as [string, RegExp]],
    img: ["src", "alt"],
    input: ["type", "checked", "disabled"],
    ol: ["start"],
    td: ["align"],
    th: ["align"],
  },
  protocols: { href: ["http", "https", "mailto"], src: ["http", "https", "data"] },
  strip: ["script", "style"],
};

/** Addresses are judged by the schema and by the elements that show them. */
export const keepAddress: NonNullable<Options["urlTransform"]> = (url) => url;
