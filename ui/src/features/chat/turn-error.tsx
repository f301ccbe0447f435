import { RotateCw, StepForward } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";
import { isInSettings, SettingsLink } from "./settings-link";
import type { ErrorData } from "./types";

interface TurnErrorProps {
  data: ErrorData;
  /** The turn did something already, which goes on rather than begins anew. */
  begun: boolean;
  /** Both are there for the last answer only, and while nothing runs. */
  onRetry?: () => void;
  onContinue?: () => void;
}

/** Why a turn ended early, and how to go on. */
export function TurnError({ data, begun, onRetry, onContinue }: TurnErrorProps) {
  const goesOn = data.retryable && begun ? onContinue : undefined;
  const repeats = data.retryable && !begun ? onRetry : undefined;
  return (
    <Notice variant="danger" live={onRetry !== undefined}>
      <div className="grid gap-2">
        <p className="break-words">{data.message}</p>
        {(goesOn || repeats || isInSettings(data.code)) && (
          <div className="flex flex-wrap items-center gap-2">
            {goesOn && (
              <Button variant="outline" size="sm" onClick={goesOn}>
                <StepForward aria-hidden /> {t("Continue")}
              </Button>
            )}
            {repeats && (
              <Button variant="outline" size="sm" onClick={repeats}>
                <RotateCw aria-hidden /> {t("Try again")}
              </Button>
            )}
            <SettingsLink code={data.code} />
          </div>
        )}
      </div>
    </Notice>
  );
}
