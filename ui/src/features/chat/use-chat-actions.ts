import { useMemo } from "react";
import { Problem, sentence } from "@/api/problem";
import { answerApproval, readCheckpointDiff, restoreCheckpoint, showInEditor } from "@/api/queries/chats";
import type { Workspace } from "@/api/types";
import { t } from "@/i18n/t";
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
  /** Called when a file is shown. True: VS Code is opened by that and takes a while. */
  onShowEditor: () => boolean;
  /** Shows a port beside; absent = in a tab of its own. */
  onPreview?: (port: number, path?: string) => void;
}

/** What the parts of a chat can do, the same object until something of it changes. */
export function useNewChatActions({ workspace, chatId, runId, live, running, onShowEditor, onPreview }: Ways): ChatActions {
  const { id, vscodeUrl } = workspace;
  const editorRuns = workspace.status === "RUNNING";
  return useMemo(
    () => ({
      workspaceId: id,
      chatId,
      running,
      openFile: async (path, line, column) => {
        if (!editorRuns) {
          say.failed(t("VS Code does not run"), { description: t("Start the workspace to open files.") });
          return;
        }
        const opens = onShowEditor();
        try {
          await showOnceOpen(id, { path, line, column }, opens ? openingMs : 0);
        } catch (error) {
          const isClosed = error instanceof Problem && error.code === "no_editor";
          say.failed(t("Could not open {path}", { path }), {
            description: isClosed ? t("No VS Code of this workspace is open, or it is still loading.") : sentence(error),
            action: isClosed ? { label: t("Open VS Code"), onClick: () => openTab(vscodeUrl) } : undefined,
          });
        }
      },
      opensBeside: onPreview !== undefined,
      openPort: (port, path) => {
        if (onPreview) return onPreview(port, path);
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
    [id, chatId, runId, running, live, editorRuns, vscodeUrl, onShowEditor, onPreview],
  );
}

/** How long VS Code may take to open, and how often it is asked meanwhile, in milliseconds. */
const openingMs = 30_000;
const askMs = 1000;

/** Shows a file as soon as there is a VS Code to show it, within that time. */
async function showOnceOpen(id: string, place: Parameters<typeof showInEditor>[1], withinMs: number): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await showInEditor(id, place);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "no_editor") || Date.now() >= end) throw error;
      await new Promise((resolve) => setTimeout(resolve, askMs));
    }
  }
}

function openTab(address: string): void {
  window.open(address, "_blank", "noopener");
}
