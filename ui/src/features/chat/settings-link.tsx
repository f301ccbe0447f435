import { Link } from "@tanstack/react-router";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";

// A key that is wrong or has no money is mended there; what was spent of a limit is shown there.
const codes = new Set(["key_invalid", "credits", "agent_off", "budget_exhausted"]);

/** Whether the agent's settings have to do with a problem. */
export function isInSettings(code: string): boolean {
  return codes.has(code);
}

/** From such a problem to the settings, and who else can help. Nothing for other problems. */
export function SettingsLink({ code }: { code: string }) {
  if (!isInSettings(code)) return null;
  return (
    <>
      {code === "budget_exhausted" && <span>{t("Limits are set by an administrator.")}</span>}
      <Button asChild variant="outline" size="sm">
        <Link to="/settings" hash="agent">
          {t("Agent settings")}
        </Link>
      </Button>
    </>
  );
}
