/** What can be on a workspace's page. */
export type Pane = "chat" | "editor" | "preview";
/** Where the preview stands. */
export type Side = "beside" | "below";

/** Pixels. A pane that is smaller than that is no joy. */
export const least = { chat: 320, editor: 320, preview: 320, editorHeight: 160, previewHeight: 160 };
/** Pixels, until somebody chooses. */
export const usual = { chat: 440, preview: 480, previewHeight: 320 };
/** From this width of the window on panes stand side by side. */
export const wideFrom = 768;
/** Bar and notices, roughly. */
const above = 48;

export interface Wanted {
  chat: boolean;
  editor: boolean;
  preview: boolean;
  side: Side;
  /** Sizes as they were chosen, maybe in a larger window. */
  chatWidth: number;
  previewWidth: number;
  previewHeight: number;
}

export interface Arranged {
  side: Side;
  chatWidth: number;
  previewWidth: number;
  previewHeight: number;
  /** The most each may have. */
  most: { chatWidth: number; previewWidth: number; previewHeight: number };
}

/**
 * Fits what is wanted into a window that shows panes side by side. The preview goes below
 * the editor where three do not fit beside each other; sizes that were chosen give way,
 * the chat's first.
 */
export function arrange(wanted: Wanted, window: { width: number; height: number }): Arranged {
  const both = wanted.preview && wanted.editor;
  const three = least.editor + least.preview + (wanted.chat ? least.chat : 0);
  const side = both && window.width < three ? "below" : wanted.side;
  const main = both && side === "beside" ? least.editor + least.preview : least.editor;
  const mostChat = Math.max(least.chat, window.width - main);
  const chatWidth = bound(wanted.chatWidth, least.chat, mostChat);
  const mostPreview = Math.max(least.preview, window.width - (wanted.chat ? chatWidth : 0) - least.editor);
  const mostHeight = Math.max(least.previewHeight, window.height - above - least.editorHeight);
  return {
    side,
    chatWidth,
    previewWidth: bound(wanted.previewWidth, least.preview, mostPreview),
    previewHeight: bound(wanted.previewHeight, least.previewHeight, mostHeight),
    most: { chatWidth: mostChat, previewWidth: mostPreview, previewHeight: mostHeight },
  };
}

function bound(size: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, size));
}
