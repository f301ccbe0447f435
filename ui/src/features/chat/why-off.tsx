import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import type { AgentSettings } from "./types";

/** Why the agent cannot be asked, and what to do about it; undefined when it can, or while that is not known. */
export function whyOff(agent: AgentSettings | undefined): ReactNode {
  if (!agent || agent.configured) return undefined;
  return (
    <Notice>
      {t("The agent has no key to a model yet.")}{" "}
      {agent.ownKeysAllowed ? (
        <>
          <Link to="/settings" hash="agent" className="font-medium underline underline-offset-2">
            {t("Set your own in the settings")}
          </Link>
          .
        </>
      ) : (
        t("Ask the person who runs this server to set one.")
      )}
    </Notice>
  );
}
