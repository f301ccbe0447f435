import { msg } from "@/i18n/t";

/**
 * Alt+Shift and a letter: VS Code gives these letters no meaning, and unlike Ctrl+Alt they
 * are nobody's AltGr. Keys that are pressed inside a frame never come to the page, so
 * these count outside of VS Code and of what is previewed.
 */
export const shortcuts = {
  chat: { code: "KeyK", letter: "K", does: msg("Show or hide the chat") },
  editor: { code: "KeyE", letter: "E", does: msg("Go to VS Code") },
  terminal: { code: "KeyT", letter: "T", does: msg("Go to VS Code, for its terminal") },
  preview: { code: "KeyV", letter: "V", does: msg("Show or hide the preview") },
  address: { code: "KeyL", letter: "L", does: msg("Go to the preview's address") },
  reload: { code: "KeyR", letter: "R", does: msg("Load the preview again") },
  requests: { code: "KeyQ", letter: "Q", does: msg("Show the requests to the preview") },
} as const;

export type ShortcutName = keyof typeof shortcuts;

/** As they are written: "Alt+Shift+K". */
export function keysOf(name: ShortcutName): string {
  return `Alt+Shift+${shortcuts[name].letter}`;
}

/** Which shortcut was pressed. By the code, not the key: with Alt a Mac types another letter. */
export function pressed(event: Pick<KeyboardEvent, "code" | "altKey" | "shiftKey" | "ctrlKey" | "metaKey">): ShortcutName | undefined {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return undefined;
  return (Object.keys(shortcuts) as ShortcutName[]).find((name) => shortcuts[name].code === event.code);
}

/** "?" pressed where nothing is being written. */
export function asksForHelp(event: KeyboardEvent): boolean {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return false;
  const at = event.target;
  return !(at instanceof HTMLElement && (at.isContentEditable || at.matches("input, textarea, select")));
}
