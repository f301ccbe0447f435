import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ChatMessage } from "@/features/chat/types";
import { api } from "../client";
import type { Answer, Chat, ChatChange, CheckpointDiff, Page, Restore, RestoreResult } from "../types";
import { chatKey, chatsKey, dropChat, putChat } from "./chat-cache";

const at = (id: string, rest = "") => `/chats/${encodeURIComponent(id)}${rest}`;

/** The hundred newest chats of a workspace, newest first. */
export const chatsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: chatsKey(workspaceId),
    queryFn: async ({ signal }) => (await api<Page<Chat>>(`/workspaces/${encodeURIComponent(workspaceId)}/chats?limit=100`, { signal })).items,
  });

export const chatQuery = (id: string) =>
  queryOptions({
    queryKey: chatKey(id),
    queryFn: ({ signal }) => api<Chat>(at(id), { signal }),
  });

/** Turns that are loaded at a time. */
const turns = 20;

/** The newest turns of a chat, oldest first, or those before a cursor. */
export function readMessages(id: string, cursor?: string, signal?: AbortSignal): Promise<Page<ChatMessage>> {
  const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  return api<Page<ChatMessage>>(at(id, `/messages?limit=${turns}${more}`), { signal });
}

/** What a chat is opened with. The open chat goes on from there by itself. */
export const messagesQuery = (id: string) =>
  queryOptions({
    queryKey: ["messages", id],
    queryFn: ({ signal }) => readMessages(id, undefined, signal),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });

export function useCreateChat(workspaceId: string) {
  const cache = useQueryClient();
  return useMutation({
    /** The same key creates the same chat, also when the first answer was lost. */
    mutationFn: ({ key, ...body }: ChatChange & { key: string }) =>
      api<Chat>(`/workspaces/${encodeURIComponent(workspaceId)}/chats`, { method: "POST", body, headers: { "Idempotency-Key": key } }),
    onSuccess: (made) => putChat(cache, made),
  });
}

/** Changes show at once; a refusal takes them back. One after another, so that the last one stays. */
export function useUpdateChat(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: ChatChange) => api<Chat>(at(id), { method: "PATCH", body }),
    scope: { id: `chat ${id}` },
    onMutate: (change) => {
      const before = cache.getQueryData<Chat>(chatKey(id));
      if (before) putChat(cache, { ...before, ...change });
    },
    onSuccess: (changed) => putChat(cache, changed),
    onError: () => cache.invalidateQueries({ queryKey: chatKey(id) }),
  });
}

export function useDeleteChat(chat: { id: string; workspaceId: string }) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => api<void>(at(chat.id), { method: "DELETE" }),
    onSuccess: () => dropChat(cache, chat),
  });
}

/** Stops that turn, or whichever runs; does nothing when it is over. */
export function stopTurn(id: string, runId: string | undefined): Promise<void> {
  return api(at(id, "/stop"), { method: "POST", body: runId ? { runId } : {} });
}

export function answerApproval(id: string, approvalId: string, answer: Answer): Promise<void> {
  return api(at(id, `/approvals/${encodeURIComponent(approvalId)}`), { method: "POST", body: answer });
}

export function readCheckpointDiff(id: string, checkpoint: string): Promise<CheckpointDiff> {
  return api(at(id, `/checkpoints/${encodeURIComponent(checkpoint)}/diff`));
}

export function restoreCheckpoint(id: string, checkpoint: string, what: Omit<Restore, "checkpoint">): Promise<RestoreResult> {
  return api(at(id, "/restore"), { method: "POST", body: { checkpoint, ...what } });
}

/** Shows a file in the open VS Code; fails with code no_editor when there is none. */
export function showInEditor(workspaceId: string, place: { path: string; line?: number; column?: number }): Promise<void> {
  return api(`/workspaces/${encodeURIComponent(workspaceId)}/editor`, { method: "POST", body: place });
}
