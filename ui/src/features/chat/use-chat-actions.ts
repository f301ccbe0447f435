import { useMemo } from "react";
import { Problem, sentence } from "@/api/problem";
import { answerApproval, readCheckpointDiff, restoreCheckpoint, showInEditor } from "@/api/queries/chats";
import type { Workspace } from "@/api/types";
import type { ChatActions } from "./chat-context";
import type { LiveChat } from "./live-chat";
import { portAddress } from "./port-address";
import { say } from "./say";

interface Ways {
  workspace: Workspace;
  chatId: string;
  runId: string | undefined;
  live: LiveChat;
  running: boolean;
  /** Called when a file is shown, for pages that show one thing at a time. */
  onShowEditor: () => void;
}

/** What the parts of a chat can do, the same object until something of it changes. */
export function useNewChatActions({ workspace, chatId, runId, live, running, onShowEditor }: Ways): ChatActions {
  const { id, vscodeUrl } = workspace;
  const editorRuns = workspace.status === "RUNNING";
  return useMemo(
    () => ({
      workspaceId: id,
      chatId,
      running,
      openFile: async (path, line, column) => {
        if (!editorRuns) {
          say.failed("VS Code does not run", { description: "Start the workspace to open files." });
          return;
        }
        onShowEditor();
        try {
          await showInEditor(id, { path, line, column });
        } catch (error) {
          const isClosed = error instanceof Problem && error.code === "no_editor";
          say.failed(`Could not open ${path}`, {
            description: isClosed ? "No VS Code of this workspace is open, or it is still loading." : sentence(error),
            action: isClosed ? { label: "Open VS Code", onClick: () => openTab(vscodeUrl) } : undefined,
          });
        }
      },
      openPort: (port, path) => {
        const address = portAddress(vscodeUrl, port, path);
        if (address) openTab(address);
      },
      answer: (approvalId, answer) => answerApproval(chatId, approvalId, answer),
      restore: async (checkpoint, what) => {
        const result = await restoreCheckpoint(chatId, checkpoint, what);
        await live.sync().catch(() => undefined);
        return result;
      },
      checkpointDiff: (checkpoint) => readCheckpointDiff(chatId, checkpoint),
      stop: () => void live.stop(runId),
      send: (text) => void live.send(text, []),
    }),
    [id, chatId, runId, running, live, editorRuns, vscodeUrl, onShowEditor],
  );
}

function openTab(address: string): void {
  window.open(address, "_blank", "noopener");
}
