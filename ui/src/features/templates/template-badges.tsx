import type { Template } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { t } from "@/i18n/t";

/** Whose it is and how far it is. */
export function TemplateBadges({ template }: { template: Template }) {
  const { builtin, mine, shared, version, publishedVersion } = template;
  return (
    <>
      {builtin && <Badge>{t("Built in")}</Badge>}
      {mine && !shared && <Badge>{t("Yours")}</Badge>}
      {shared && <Badge variant="accent">{mine ? t("Yours, shared") : t("Shared")}</Badge>}
      {!builtin && !mine && !shared && <Badge>{t("Not shared")}</Badge>}
      {mine && publishedVersion === 0 && <Badge>{t("Draft")}</Badge>}
      {mine && publishedVersion > 0 && version > publishedVersion && <Badge>{t("Newer draft")}</Badge>}
    </>
  );
}
