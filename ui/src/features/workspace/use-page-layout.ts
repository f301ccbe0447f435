import { useCallback, useState } from "react";
import { kept } from "./kept";
import { type Arranged, arrange, type Pane, type Side, usual, wideFrom } from "./panes";
import { useViewport } from "./use-viewport";

const keys = {
  chat: "kalpana-chat-shown",
  chatWidth: "kalpana-chat-width",
  previewWidth: "kalpana-preview-width",
  previewHeight: "kalpana-preview-height",
  side: "kalpana-preview-side",
};
type Size = "chatWidth" | "previewWidth" | "previewHeight";

export interface PageLayout extends Arranged {
  /** Side by side; else one of them. */
  isWide: boolean;
  /** What is on screen. */
  shows: Record<Pane, boolean>;
  toggleChat: () => void;
  togglePreview: () => void;
  /** Brings a pane on screen. */
  show: (pane: Pane) => void;
  turn: () => void;
  /** Keep writes it down for the next visit. */
  resize: (what: Size, pixels: number, keep: boolean) => void;
}

interface Options {
  /** What there is to show at all. */
  has: Record<Pane, boolean>;
  /** On a small screen, until somebody chooses. */
  first: Pane;
  /** Kept by the caller: it belongs to one workspace. */
  preview: { shown: boolean; setShown: (shown: boolean) => void };
}

/** What of a workspace's page is on screen and how large. Sizes are kept in this browser. */
export function usePageLayout({ has, first, preview }: Options): PageLayout {
  const viewport = useViewport();
  const isWide = viewport.width >= wideFrom;
  const [chatShown, setChatShown] = useState(() => kept.read(keys.chat) !== "no");
  const [side, setSide] = useState<Side>(() => (kept.read(keys.side) === "below" ? "below" : "beside"));
  const [sizes, setSizes] = useState(() => ({
    chatWidth: Number(kept.read(keys.chatWidth)) || usual.chat,
    previewWidth: Number(kept.read(keys.previewWidth)) || usual.preview,
    previewHeight: Number(kept.read(keys.previewHeight)) || usual.previewHeight,
  }));
  const [tab, setTab] = useState<Pane>();
  const chosen = tab && has[tab] ? tab : first;
  const { setShown } = preview;
  const shows = isWide
    ? { chat: has.chat && chatShown, editor: has.editor, preview: has.preview && (preview.shown || !has.editor) }
    : { chat: chosen === "chat", editor: chosen === "editor", preview: chosen === "preview" };

  const showChat = useCallback((shown: boolean) => {
    setChatShown(shown);
    kept.write(keys.chat, shown ? "yes" : "no");
  }, []);
  const show = useCallback(
    (pane: Pane) => {
      setTab(pane);
      if (!isWide) return;
      if (pane === "chat") showChat(true);
      if (pane === "preview") setShown(true);
    },
    [isWide, setShown, showChat],
  );
  const other = has.editor ? "editor" : first;
  const toggleChat = () => (isWide ? showChat(!chatShown) : setTab(chosen === "chat" ? other : "chat"));
  const togglePreview = () => (isWide ? setShown(!preview.shown) : setTab(chosen === "preview" ? other : "preview"));
  const arranged = arrange({ ...shows, side, ...sizes }, viewport);
  const turn = () => {
    const next = arranged.side === "beside" ? "below" : "beside";
    setSide(next);
    kept.write(keys.side, next);
  };
  const resize = useCallback((what: Size, pixels: number, keep: boolean) => {
    setSizes((now) => ({ ...now, [what]: pixels }));
    if (keep) kept.write(keys[what], String(Math.round(pixels)));
  }, []);
  return { ...arranged, isWide, shows, toggleChat, togglePreview, show, turn, resize };
}
