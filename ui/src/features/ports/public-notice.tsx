import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { t } from "@/i18n/t";

/** Says what it means that a port is open to everybody. */
export function PublicNotice({ port }: { port: number }) {
  return <Notice variant="warning">{t("Everybody who knows the address can use what runs on port {port}, without signing in.", { port })}</Notice>;
}

/** Says it beforehand, and asks. */
export function PublicQuestion({ port, onAnswer }: { port: number; onAnswer: (yes: boolean) => void }) {
  return (
    <Notice variant="warning" live>
      <p>{t("Everybody who knows the address will be able to use what runs on port {port}, without signing in.", { port })}</p>
      <div className="mt-2.5 flex flex-wrap gap-2">
        <Button size="sm" onClick={() => onAnswer(true)}>
          {t("Open to everybody")}
        </Button>
        <Button size="sm" variant="outline" onClick={() => onAnswer(false)}>
          {t("Cancel")}
        </Button>
      </div>
    </Notice>
  );
}
