const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** As it is written on this machine's keys. */
export const shortcutText = apple ? "⌘K" : "Ctrl+K";
/** As aria-keyshortcuts wants it. */
export const ariaShortcut = apple ? "Meta+K" : "Control+K";

/**
 * Whether the palette was asked for. On a Mac Ctrl+K edits text, so only Cmd counts
 * there. Keys pressed inside VS Code's frame never come here: they are VS Code's.
 */
export function asksForPalette(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">, mac = apple): boolean {
  if (event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return false;
  return mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
}
