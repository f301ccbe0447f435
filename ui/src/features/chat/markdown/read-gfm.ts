import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

interface Extensions {
  micromarkExtensions?: unknown[];
  fromMarkdownExtensions?: unknown[];
}

/**
 * Reads GitHub's tables, task lists, strikethrough and bare addresses. remark-gfm would
 * bring along how they are written, which a page never does.
 */
export function readGfm(this: { data: () => object }): void {
  const data = this.data() as Extensions;
  (data.micromarkExtensions ??= []).push(gfm());
  (data.fromMarkdownExtensions ??= []).push(gfmFromMarkdown());
}
