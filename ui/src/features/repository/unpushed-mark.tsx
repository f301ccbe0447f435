import { useQuery } from "@tanstack/react-query";
import { CloudAlert } from "lucide-react";
import { unpushedQuery } from "@/api/queries/repository";
import type { Workspace } from "@/api/types";
import { summary } from "./unpushed-text";

/**
 * Says that a workspace holds work that is nowhere else, if that is known. What runs is
 * not asked for it: a dashboard must not set git to work in every workspace.
 */
export function UnpushedMark({ workspace }: { workspace: Workspace }) {
  const { status } = workspace;
  const { data } = useQuery({ ...unpushedQuery(workspace), enabled: status === "STOPPED" || status === "ERROR" });
  const text = data && summary(data);
  if (!text) return null;
  return (
    <p className="flex items-center gap-1.5 text-sm text-notice-text">
      <CloudAlert aria-hidden className="size-4 shrink-0" /> {text}
    </p>
  );
}
