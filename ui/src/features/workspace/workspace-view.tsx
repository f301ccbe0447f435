import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { showTerminal } from "@/api/queries/workspaces";
import type { Workspace } from "@/api/types";
import { Loading } from "@/components/layout/loading";
import { usePreview } from "@/features/preview/use-preview";
import { may } from "@/features/sharing/rights";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { ConnectionStrip } from "./connection-strip";
import { EditorFrame } from "./editor-frame";
import { EditorLink } from "./editor-link";
import { IdlePanel } from "./idle-panel";
import { Notices } from "./notices";
import { least, type Pane, usual } from "./panes";
import { PausedCover } from "./paused-cover";
import type { ShortcutName } from "./shortcuts";
import { Splitter } from "./splitter";
import { StartPanel } from "./start-panel";
import { focusFrame } from "./use-kept-focus";
import { usePageLayout } from "./use-page-layout";
import { useShortcuts, type Ways } from "./use-shortcuts";
import type { ChatsState } from "./use-waiting";
import { ViewSwitch } from "./view-switch";
import { WorkspaceBar } from "./workspace-bar";

// Markdown and the stream's client are most of this page: loaded when a chat is looked at.
const ChatPane = lazy(() => import("@/features/chat/chat-pane").then((m) => ({ default: m.ChatPane })));
const PreviewPane = lazy(() => import("@/features/preview/preview-pane").then((m) => ({ default: m.PreviewPane })));
const ShortcutsDialog = lazy(() => import("./shortcuts-dialog").then((m) => ({ default: m.ShortcutsDialog })));

interface WorkspaceViewProps {
  workspace: Workspace;
  /** Whether the browser lets this page frame what runs in workspaces. */
  embedEditor: boolean;
  chats: ChatsState;
  /** It is not the user's to see any more. */
  onGone: () => void;
}

/** A workspace full screen: its bar, below the editor or what stands in its place, the preview and the chat. */
export function WorkspaceView({ workspace, embedEditor, chats, onGone }: WorkspaceViewProps) {
  const { id } = workspace;
  const running = workspace.status === "RUNNING";
  const mayEdit = may(workspace, "edit");
  const preview = usePreview(id);
  // What stands in the editor's place while nothing runs is for everybody.
  const has: Record<Pane, boolean> = { chat: mayEdit, editor: mayEdit || !running, preview: running };
  const first: Pane = mayEdit && (running || chats.running) ? "chat" : has.editor ? "editor" : "preview";
  const layout = usePageLayout({ has, first, preview });
  const { shows, show, isWide } = layout;
  const [dragging, setDragging] = useState(false);
  const [help, setHelp] = useState(false);
  const page = useRef<HTMLDivElement>(null);
  const address = useRef<HTMLInputElement>(null);

  const { open, setTab, reload } = preview;
  // On a small screen VS Code is not loaded until it is looked at.
  const opened = useRef(false);
  useEffect(() => {
    opened.current = running && (opened.current || shows.editor);
  }, [running, shows.editor]);
  const onShowEditor = useCallback(() => {
    show("editor");
    return embedEditor && !opened.current;
  }, [show, embedEditor]);
  const onPreview = useCallback(
    (port: number, path = "/") => {
      open({ port, path: path.startsWith("/") ? path : `/${path}` });
      show("preview");
    },
    [open, show],
  );
  /** Once it is drawn. */
  const focus = (selector: string) => requestAnimationFrame(() => page.current?.querySelector<HTMLElement>(selector)?.focus());
  const toggleChat = () => {
    layout.toggleChat();
    // Who shows the chat wants to write in it.
    focus(`textarea[aria-label="${t("Message")}"]`);
  };
  const toEditor = () => {
    show("editor");
    requestAnimationFrame(() => {
      const frame = page.current?.querySelector<HTMLIFrameElement>("main iframe");
      if (frame) focusFrame(frame);
    });
  };
  // A page cannot press keys in the frame of another origin: the server asks the editor.
  const toTerminal = () => {
    toEditor();
    showTerminal(workspace.id).catch((error: unknown) => toast.error(t("The terminal was not shown"), { description: sentence(error) }));
  };
  const ways: Ways = {
    help: () => setHelp(true),
    ...(has.chat && { chat: toggleChat }),
    ...(running && mayEdit && embedEditor && { editor: toEditor, terminal: toTerminal }),
    ...(has.preview && {
      preview: layout.togglePreview,
      reload: () => (show("preview"), reload()),
      address: () => (show("preview"), requestAnimationFrame(() => address.current?.focus())),
      ...(mayEdit && { requests: () => (show("preview"), setTab("requests")) }),
    }),
  };
  useShortcuts(ways);
  const split = isWide && shows.editor && shows.preview;
  const beside = split && layout.side === "beside";
  return (
    <div ref={page} className="flex h-dvh flex-col">
      <WorkspaceBar
        workspace={workspace}
        chats={chats}
        has={has}
        shows={shows}
        onToggleChat={toggleChat}
        onTogglePreview={layout.togglePreview}
        onPreview={onPreview}
        onTerminal={ways.terminal}
        onHelp={() => setHelp(true)}
        onGone={onGone}
      />
      <ConnectionStrip />
      {mayEdit && <Notices key={id} workspace={workspace} />}
      {!isWide && Object.values(has).filter(Boolean).length > 1 && <ViewSwitch has={has} shows={shows} onShow={show} waiting={chats.waiting} />}
      <div className="flex min-h-0 flex-1">
        <div className={cn("flex min-h-0 min-w-0 flex-1", !beside && "flex-col", !shows.editor && !shows.preview && "hidden", dragging && "pointer-events-none")}>
          {/* Hidden, not gone: an editor that is taken away loses what it has open. */}
          <main className={cn("relative min-h-0 min-w-0 flex-1 overflow-auto", !shows.editor && "hidden")}>
            <Once key={String(running)} when={shows.editor}>
              {has.editor && <Content workspace={workspace} embedEditor={embedEditor} />}
            </Once>
            <PausedCover workspace={workspace} />
          </main>
          {split && (
            <span className="pointer-events-auto contents">
              <Splitter
                label={beside ? t("Width of the preview") : t("Height of the preview")}
                orientation={beside ? "vertical" : "horizontal"}
                size={beside ? layout.previewWidth : layout.previewHeight}
                least={beside ? least.preview : least.previewHeight}
                most={beside ? layout.most.previewWidth : layout.most.previewHeight}
                usual={beside ? usual.preview : usual.previewHeight}
                onResize={(size, keep) => layout.resize(beside ? "previewWidth" : "previewHeight", size, keep)}
                onDrag={setDragging}
              />
            </span>
          )}
          {has.preview && (
            <Once when={shows.preview}>
              <div
                className={cn("min-h-0 min-w-0", split ? "shrink-0" : "flex-1", !shows.preview && "hidden")}
                style={split ? (beside ? { width: layout.previewWidth } : { height: layout.previewHeight }) : undefined}
              >
                <Suspense fallback={<Loading />}>
                  <PreviewPane
                    workspace={workspace}
                    preview={preview}
                    embeds={embedEditor}
                    address={address}
                    side={split ? layout.side : undefined}
                    onTurn={split ? layout.turn : undefined}
                    onClose={split ? layout.togglePreview : undefined}
                  />
                </Suspense>
              </div>
            </Once>
          )}
        </div>
        {isWide && shows.chat && (
          <Splitter
            label={t("Width of the chat")}
            orientation="vertical"
            size={layout.chatWidth}
            least={least.chat}
            most={layout.most.chatWidth}
            usual={usual.chat}
            onResize={(size, keep) => layout.resize("chatWidth", size, keep)}
            onDrag={setDragging}
          />
        )}
        {has.chat && (
          <Once when={shows.chat}>
            <aside aria-label={t("Agent")} className={cn("min-h-0 min-w-0", isWide ? "shrink-0" : "flex-1", !shows.chat && "hidden")} style={isWide ? { width: layout.chatWidth } : undefined}>
              <Suspense fallback={<Loading />}>
                <ChatPane workspace={workspace} onShowEditor={onShowEditor} onPreview={running ? onPreview : undefined} />
              </Suspense>
            </aside>
          </Once>
        )}
      </div>
      <Suspense fallback={null}>{help && <ShortcutsDialog names={namesOf(ways)} onClose={() => setHelp(false)} />}</Suspense>
    </div>
  );
}

function namesOf({ help: _, ...ways }: Ways): ShortcutName[] {
  return Object.keys(ways) as ShortcutName[];
}

/** Draws its children from the first time they are wanted on. */
function Once({ when, children }: { when: boolean; children: React.ReactNode }) {
  const [begun, setBegun] = useState(when);
  useEffect(() => {
    if (when) setBegun(true);
  }, [when]);
  return begun || when ? children : null;
}

function Content({ workspace, embedEditor }: Pick<WorkspaceViewProps, "workspace" | "embedEditor">) {
  switch (workspace.status) {
    case "RUNNING":
      // A new container is a new editor: the frame must not show the old one's remains.
      return embedEditor ? <EditorFrame key={workspace.containerId} workspace={workspace} /> : <EditorLink workspace={workspace} />;
    case "STARTING":
      return <StartPanel workspace={workspace} />;
    default:
      return <IdlePanel workspace={workspace} />;
  }
}
