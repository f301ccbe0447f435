import { Link } from "@tanstack/react-router";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { MessagePage } from "./message-page";

export function NotFound() {
  useTitle(t("Not found"));
  return (
    <MessagePage
      title={t("There is no such page")}
      action={
        <Button asChild>
          <Link to="/">{t("Go to your workspaces")}</Link>
        </Button>
      }
    >
      {t("The address may be mistyped, or what was here is gone.")}
    </MessagePage>
  );
}
