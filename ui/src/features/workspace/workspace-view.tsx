import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { Workspace } from "@/api/types";
import { Loading } from "@/components/layout/loading";
import { cn } from "@/lib/cn";
import { EditorFrame } from "./editor-frame";
import { EditorLink } from "./editor-link";
import { IdlePanel } from "./idle-panel";
import { Notices } from "./notices";
import { Splitter } from "./splitter";
import { StartPanel } from "./start-panel";
import { useChatLayout } from "./use-chat-layout";
import { useChatShortcut } from "./use-chat-shortcut";
import { ViewSwitch } from "./view-switch";
import { WorkspaceBar } from "./workspace-bar";

// Markdown and the stream's client are most of this page: loaded when a chat is looked at.
const ChatPane = lazy(() => import("@/features/chat/chat-pane").then((m) => ({ default: m.ChatPane })));

interface WorkspaceViewProps {
  workspace: Workspace;
  /** Whether the browser lets this page frame the editor. */
  embedEditor: boolean;
  chats: { running: boolean; waiting: boolean };
  onDeleted: () => void;
}

/** A workspace full screen: its bar, below the editor or what stands in its place, and the chat beside. */
export function WorkspaceView({ workspace, embedEditor, chats, onDeleted }: WorkspaceViewProps) {
  const layout = useChatLayout(chats.running ? "chat" : "editor");
  const [dragging, setDragging] = useState(false);
  const chat = useRef<HTMLElement>(null);
  const { show, isWide } = layout;
  const onShowEditor = useCallback(() => show("editor"), [show]);
  const toggle = () => {
    layout.toggleChat();
    // Once it is drawn: who shows the chat wants to write in it.
    requestAnimationFrame(() => chat.current?.querySelector<HTMLElement>('textarea[aria-label="Message"]')?.focus());
  };
  useChatShortcut(toggle);
  return (
    <div className="flex h-dvh flex-col">
      <WorkspaceBar workspace={workspace} chat={{ shown: layout.chat, waiting: chats.waiting, onToggle: toggle }} onDeleted={onDeleted} />
      <Notices key={workspace.id} workspace={workspace} />
      {!isWide && <ViewSwitch layout={layout} waiting={chats.waiting} />}
      <div className="flex min-h-0 flex-1">
        {/* Hidden, not gone: an editor that is taken away loses what it has open. */}
        <main className={cn("relative min-h-0 min-w-0 flex-1 overflow-auto", !layout.editor && "hidden", dragging && "pointer-events-none")}>
          <Content workspace={workspace} embedEditor={embedEditor} />
        </main>
        {isWide && layout.chat && <Splitter width={layout.width} onResize={layout.resize} onDrag={setDragging} />}
        <Once when={layout.chat}>
          <aside
            ref={chat}
            aria-label="Agent"
            className={cn("min-h-0 min-w-0", isWide ? "max-w-[calc(100vw-20rem)] shrink-0" : "flex-1", !layout.chat && "hidden")}
            style={isWide ? { width: layout.width } : undefined}
          >
            <Suspense fallback={<Loading />}>
              <ChatPane workspace={workspace} onShowEditor={onShowEditor} />
            </Suspense>
          </aside>
        </Once>
      </div>
    </div>
  );
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
