import type { RefObject } from "react";
import { t } from "@/i18n/t";
import type { Call } from "../call";
import { text } from "../shape";
import { CallApproval } from "./call-approval";
import { Question } from "./question";

/** What stands below a call that waits for the user. */
export function Approval({ call, approval, label, after }: { call: Call; approval: NonNullable<Call["approval"]>; label: string; after: RefObject<HTMLElement | null> }) {
  const { id, descriptor, reason } = approval;
  if (descriptor.kind === "question" || call.tool === "askUser") {
    return <Question key={id} approvalId={id} descriptor={descriptor} input={call.input} after={after} />;
  }
  return (
    <CallApproval
      key={id}
      approvalId={id}
      descriptor={descriptor}
      fallbackTitle={t("{label}: the agent asks for permission", { label })}
      fallbackCommand={text(call.input.command, 20_000)}
      reason={reason}
      after={after}
    />
  );
}
