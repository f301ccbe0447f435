import type { NewPortLink } from "@/api/types";
import { Button } from "@/components/ui/button";
import { CopyField } from "@/components/ui/copy-field";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

/** A link that was just made. Its address is told this once. */
export function MadeLink({ link, onDone }: { link: NewPortLink; onDone: () => void }) {
  return (
    <div className="grid grid-cols-1 gap-3 rounded-lg border border-border p-4">
      <Notice live>
        {link.password
          ? t("Copy it now: it is not shown again. Send the password another way.")
          : t("Copy it now: it is not shown again. Whoever has it can open the port.")}
      </Notice>
      <CopyField label={t("Link to port {port}", { port: link.port })} value={link.url} />
      <div>
        <Button variant="outline" onClick={onDone}>
          {t("Done")}
        </Button>
      </div>
    </div>
  );
}
