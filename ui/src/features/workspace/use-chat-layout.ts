import { useCallback, useState, useSyncExternalStore } from "react";

const shownKey = "kalpana-chat-shown";
const widthKey = "kalpana-chat-width";
// From here on editor and chat stand side by side.
const wide = "(min-width: 48rem)";

/** Pixels. A chat narrower than that is no joy, and so is an editor. */
export const chatWidths = { least: 320, usual: 440, editorLeast: 320 };

function subscribe(notify: () => void): () => void {
  const query = matchMedia(wide);
  query.addEventListener("change", notify);
  return () => query.removeEventListener("change", notify);
}

function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(wide).matches);
}

export interface ChatLayout {
  /** Side by side; else one of the two. */
  isWide: boolean;
  chat: boolean;
  editor: boolean;
  /** Of the chat, in pixels; counts side by side. */
  width: number;
  toggleChat: () => void;
  show: (what: "chat" | "editor") => void;
  /** Keep writes it down for the next visit. */
  resize: (width: number, keep: boolean) => void;
}

/** What of a workspace's page is on screen. Side by side the choice is kept in this browser. */
export function useChatLayout(first: "chat" | "editor"): ChatLayout {
  const isWide = useWide();
  const [shown, setShown] = useState(() => read(shownKey) !== "no");
  const [width, setWidth] = useState(() => Number(read(widthKey)) || chatWidths.usual);
  const [tab, setTab] = useState<"chat" | "editor">();
  const single = tab ?? first;
  const chat = isWide ? shown : single === "chat";

  const show = useCallback((what: "chat" | "editor") => setTab(what), []);
  const toggleChat = () => {
    if (!isWide) return setTab(single === "chat" ? "editor" : "chat");
    setShown(!shown);
    write(shownKey, shown ? "no" : "yes");
  };
  const resize = useCallback((next: number, keep: boolean) => {
    setWidth(next);
    if (keep) write(widthKey, String(Math.round(next)));
  }, []);
  return { isWide, chat, editor: isWide || single === "editor", width, toggleChat, show, resize };
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is blocked
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is blocked: it lasts as long as the page.
  }
}
