import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Notice } from "@/components/ui/notice";
import type { AgentSettings } from "./types";

/** Why the agent cannot be asked, and what to do about it; undefined when it can, or while that is not known. */
export function whyOff(agent: AgentSettings | undefined): ReactNode {
  if (!agent || agent.configured) return undefined;
  return (
    <Notice>
      The agent has no key to a model yet.{" "}
      {agent.ownKeysAllowed ? (
        <>
          <Link to="/settings" hash="agent" className="font-medium underline underline-offset-2">
            Set your own in the settings
          </Link>
          .
        </>
      ) : (
        "Ask the person who runs this server to set one."
      )}
    </Notice>
  );
}
