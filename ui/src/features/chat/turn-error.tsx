import { Link } from "@tanstack/react-router";
import { RotateCw, StepForward } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import type { ErrorData } from "./types";

interface TurnErrorProps {
  data: ErrorData;
  /** The turn did something already, which goes on rather than begins anew. */
  begun: boolean;
  /** Both are there for the last answer only, and while nothing runs. */
  onRetry?: () => void;
  onContinue?: () => void;
}

// A key that is wrong or has no money is mended in the settings.
const keyCodes = new Set(["key_invalid", "credits", "agent_off"]);

/** Why a turn ended early, and how to go on. */
export function TurnError({ data, begun, onRetry, onContinue }: TurnErrorProps) {
  return (
    <Notice variant="danger" live={onRetry !== undefined}>
      <div className="grid gap-2">
        <p className="break-words">{data.message}</p>
        {(onRetry || keyCodes.has(data.code)) && (
          <div className="flex flex-wrap items-center gap-2">
            {data.retryable && begun && onContinue && (
              <Button variant="outline" size="sm" onClick={onContinue}>
                <StepForward aria-hidden /> Continue
              </Button>
            )}
            {data.retryable && !begun && onRetry && (
              <Button variant="outline" size="sm" onClick={onRetry}>
                <RotateCw aria-hidden /> Try again
              </Button>
            )}
            {keyCodes.has(data.code) && (
              <Button asChild variant="outline" size="sm">
                <Link to="/settings" hash="agent">
                  Agent settings
                </Link>
              </Button>
            )}
          </div>
        )}
      </div>
    </Notice>
  );
}
