import type { Workspace } from "@/api/types";
import { EditorFrame } from "./editor-frame";
import { EditorLink } from "./editor-link";
import { IdlePanel } from "./idle-panel";
import { StartPanel } from "./start-panel";
import { WorkspaceBar } from "./workspace-bar";

interface WorkspaceViewProps {
  workspace: Workspace;
  /** Whether the browser lets this page frame the editor. */
  embedEditor: boolean;
  onDeleted: () => void;
}

/** A workspace full screen: its bar, and below the editor or what stands in its place. */
export function WorkspaceView({ workspace, embedEditor, onDeleted }: WorkspaceViewProps) {
  return (
    <div className="flex h-dvh flex-col">
      <WorkspaceBar workspace={workspace} onDeleted={onDeleted} />
      <main className="relative min-h-0 flex-1 overflow-auto">
        <Content workspace={workspace} embedEditor={embedEditor} />
      </main>
    </div>
  );
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
