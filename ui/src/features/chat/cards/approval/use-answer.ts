import { useState } from "react";
import { sentence } from "@/api/problem";
import { useChatActions } from "../../chat-context";
import type { Answer } from "../../types";

/** Sends answers one at a time. After one that arrived it stays busy: the stream takes the card away. */
export function useAnswer() {
  const { answer } = useChatActions();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const send = async (approvalIds: string[], what: Answer) => {
    if (busy) return;
    setBusy(true);
    setFailure("");
    const results = await Promise.allSettled(approvalIds.map((id) => answer(id, what)));
    const failed = results.find((r) => r.status === "rejected");
    if (!failed) return;
    setFailure(sentence(failed.reason));
    setBusy(false);
  };
  return { send, busy, failure };
}
