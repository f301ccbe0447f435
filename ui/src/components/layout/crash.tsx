import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { MessagePage } from "./message-page";

/** Stands in for a page that could not be loaded or drawn. */
export function Crash({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  const cache = useQueryClient();
  useTitle(t("Error"));
  const retry = async () => {
    await cache.resetQueries();
    await router.invalidate();
    reset();
  };
  return (
    <MessagePage title={t("This did not work")} action={<Button onClick={retry}>{t("Try again")}</Button>}>
      {sentence(error)}
    </MessagePage>
  );
}
